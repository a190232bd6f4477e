// SPDX-License-Identifier: MIT
/// @file
/// Whether a driver has a function whose name is one edit away from that of a member which lend
/// calls, and which can be called like it: a slip such as `destory` would go unnoticed otherwise.
/// Written by cmake/near_names.py; a test compares.

#ifndef LEND_DETAIL_NEAR_NAMES_HPP
#define LEND_DETAIL_NEAR_NAMES_HPP

#include <lend/detail/cpp20.hpp>

#include <utility>

// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): names and lists of arguments, not expressions

namespace lend::inline v0_1 {
namespace detail {

#define LEND_NAME(front, back, call) requires { (d.front##back) call; }
#define LEND_ANY_LETTER(front, back, call) (                                                       \
    requires { (d.front##a##back) call; } ||                                                       \
    requires { (d.front##b##back) call; } ||                                                       \
    requires { (d.front##c##back) call; } ||                                                       \
    requires { (d.front##d##back) call; } ||                                                       \
    requires { (d.front##e##back) call; } ||                                                       \
    requires { (d.front##f##back) call; } ||                                                       \
    requires { (d.front##g##back) call; } ||                                                       \
    requires { (d.front##h##back) call; } ||                                                       \
    requires { (d.front##i##back) call; } ||                                                       \
    requires { (d.front##j##back) call; } ||                                                       \
    requires { (d.front##k##back) call; } ||                                                       \
    requires { (d.front##l##back) call; } ||                                                       \
    requires { (d.front##m##back) call; } ||                                                       \
    requires { (d.front##n##back) call; } ||                                                       \
    requires { (d.front##o##back) call; } ||                                                       \
    requires { (d.front##p##back) call; } ||                                                       \
    requires { (d.front##q##back) call; } ||                                                       \
    requires { (d.front##r##back) call; } ||                                                       \
    requires { (d.front##s##back) call; } ||                                                       \
    requires { (d.front##t##back) call; } ||                                                       \
    requires { (d.front##u##back) call; } ||                                                       \
    requires { (d.front##v##back) call; } ||                                                       \
    requires { (d.front##w##back) call; } ||                                                       \
    requires { (d.front##x##back) call; } ||                                                       \
    requires { (d.front##y##back) call; } ||                                                       \
    requires { (d.front##z##back) call; } ||                                                       \
    requires { (d.front##_##back) call; })

// abandon
template <class Driver, class Samples>
concept near_abandon = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, abandon, (std::move(with.r))) ||
    LEND_ANY_LETTER(a, bandon, (std::move(with.r))) ||
    LEND_ANY_LETTER(ab, andon, (std::move(with.r))) ||
    LEND_ANY_LETTER(aba, ndon, (std::move(with.r))) ||
    LEND_ANY_LETTER(aban, don, (std::move(with.r))) ||
    LEND_ANY_LETTER(aband, on, (std::move(with.r))) ||
    LEND_ANY_LETTER(abando, n, (std::move(with.r))) ||
    LEND_ANY_LETTER(abandon, , (std::move(with.r))) ||
    LEND_ANY_LETTER(, bandon, (std::move(with.r))) ||
    LEND_ANY_LETTER(a, andon, (std::move(with.r))) ||
    LEND_ANY_LETTER(ab, ndon, (std::move(with.r))) ||
    LEND_ANY_LETTER(aba, don, (std::move(with.r))) ||
    LEND_ANY_LETTER(aban, on, (std::move(with.r))) ||
    LEND_ANY_LETTER(aband, n, (std::move(with.r))) ||
    LEND_ANY_LETTER(abando, , (std::move(with.r))) ||
    LEND_NAME(, bandon, (std::move(with.r))) ||
    LEND_NAME(a, andon, (std::move(with.r))) ||
    LEND_NAME(ab, ndon, (std::move(with.r))) ||
    LEND_NAME(aba, don, (std::move(with.r))) ||
    LEND_NAME(aban, on, (std::move(with.r))) ||
    LEND_NAME(aband, n, (std::move(with.r))) ||
    LEND_NAME(abando, , (std::move(with.r))) ||
    LEND_NAME(b, aandon, (std::move(with.r))) ||
    LEND_NAME(aa, bndon, (std::move(with.r))) ||
    LEND_NAME(abn, adon, (std::move(with.r))) ||
    LEND_NAME(abad, non, (std::move(with.r))) ||
    LEND_NAME(abano, dn, (std::move(with.r))) ||
    LEND_NAME(abandn, o, (std::move(with.r)));
};

// check
template <class Driver, class Samples>
concept near_check = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, check, (with.r, with.kind)) ||
    LEND_ANY_LETTER(c, heck, (with.r, with.kind)) ||
    LEND_ANY_LETTER(ch, eck, (with.r, with.kind)) ||
    LEND_ANY_LETTER(che, ck, (with.r, with.kind)) ||
    LEND_ANY_LETTER(chec, k, (with.r, with.kind)) ||
    LEND_ANY_LETTER(check, , (with.r, with.kind)) ||
    LEND_ANY_LETTER(, heck, (with.r, with.kind)) ||
    LEND_ANY_LETTER(c, eck, (with.r, with.kind)) ||
    LEND_ANY_LETTER(ch, ck, (with.r, with.kind)) ||
    LEND_ANY_LETTER(che, k, (with.r, with.kind)) ||
    LEND_ANY_LETTER(chec, , (with.r, with.kind)) ||
    LEND_NAME(, heck, (with.r, with.kind)) ||
    LEND_NAME(c, eck, (with.r, with.kind)) ||
    LEND_NAME(ch, ck, (with.r, with.kind)) ||
    LEND_NAME(che, k, (with.r, with.kind)) ||
    LEND_NAME(chec, , (with.r, with.kind)) ||
    LEND_NAME(h, ceck, (with.r, with.kind)) ||
    LEND_NAME(ce, hck, (with.r, with.kind)) ||
    LEND_NAME(chc, ek, (with.r, with.kind)) ||
    LEND_NAME(chek, c, (with.r, with.kind));
};

// classify
template <class Driver, class Samples>
concept near_classify = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, classify, (with.e)) ||
    LEND_ANY_LETTER(c, lassify, (with.e)) ||
    LEND_ANY_LETTER(cl, assify, (with.e)) ||
    LEND_ANY_LETTER(cla, ssify, (with.e)) ||
    LEND_ANY_LETTER(clas, sify, (with.e)) ||
    LEND_ANY_LETTER(class, ify, (with.e)) ||
    LEND_ANY_LETTER(classi, fy, (with.e)) ||
    LEND_ANY_LETTER(classif, y, (with.e)) ||
    LEND_ANY_LETTER(classify, , (with.e)) ||
    LEND_ANY_LETTER(, lassify, (with.e)) ||
    LEND_ANY_LETTER(c, assify, (with.e)) ||
    LEND_ANY_LETTER(cl, ssify, (with.e)) ||
    LEND_ANY_LETTER(cla, sify, (with.e)) ||
    LEND_ANY_LETTER(clas, ify, (with.e)) ||
    LEND_ANY_LETTER(class, fy, (with.e)) ||
    LEND_ANY_LETTER(classi, y, (with.e)) ||
    LEND_ANY_LETTER(classif, , (with.e)) ||
    LEND_NAME(, lassify, (with.e)) ||
    LEND_NAME(c, assify, (with.e)) ||
    LEND_NAME(cl, ssify, (with.e)) ||
    LEND_NAME(cla, sify, (with.e)) ||
    LEND_NAME(clas, ify, (with.e)) ||
    LEND_NAME(class, fy, (with.e)) ||
    LEND_NAME(classi, y, (with.e)) ||
    LEND_NAME(classif, , (with.e)) ||
    LEND_NAME(l, cassify, (with.e)) ||
    LEND_NAME(ca, lssify, (with.e)) ||
    LEND_NAME(cls, asify, (with.e)) ||
    LEND_NAME(clas, sify, (with.e)) ||
    LEND_NAME(clasi, sfy, (with.e)) ||
    LEND_NAME(classf, iy, (with.e)) ||
    LEND_NAME(classiy, f, (with.e));
};

// destroy
template <class Driver, class Samples>
concept near_destroy = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, destroy, (std::move(with.r))) ||
    LEND_ANY_LETTER(d, estroy, (std::move(with.r))) ||
    LEND_ANY_LETTER(de, stroy, (std::move(with.r))) ||
    LEND_ANY_LETTER(des, troy, (std::move(with.r))) ||
    LEND_ANY_LETTER(dest, roy, (std::move(with.r))) ||
    LEND_ANY_LETTER(destr, oy, (std::move(with.r))) ||
    LEND_ANY_LETTER(destro, y, (std::move(with.r))) ||
    LEND_ANY_LETTER(destroy, , (std::move(with.r))) ||
    LEND_ANY_LETTER(, estroy, (std::move(with.r))) ||
    LEND_ANY_LETTER(d, stroy, (std::move(with.r))) ||
    LEND_ANY_LETTER(de, troy, (std::move(with.r))) ||
    LEND_ANY_LETTER(des, roy, (std::move(with.r))) ||
    LEND_ANY_LETTER(dest, oy, (std::move(with.r))) ||
    LEND_ANY_LETTER(destr, y, (std::move(with.r))) ||
    LEND_ANY_LETTER(destro, , (std::move(with.r))) ||
    LEND_NAME(, estroy, (std::move(with.r))) ||
    LEND_NAME(d, stroy, (std::move(with.r))) ||
    LEND_NAME(de, troy, (std::move(with.r))) ||
    LEND_NAME(des, roy, (std::move(with.r))) ||
    LEND_NAME(dest, oy, (std::move(with.r))) ||
    LEND_NAME(destr, y, (std::move(with.r))) ||
    LEND_NAME(destro, , (std::move(with.r))) ||
    LEND_NAME(e, dstroy, (std::move(with.r))) ||
    LEND_NAME(ds, etroy, (std::move(with.r))) ||
    LEND_NAME(det, sroy, (std::move(with.r))) ||
    LEND_NAME(desr, toy, (std::move(with.r))) ||
    LEND_NAME(desto, ry, (std::move(with.r))) ||
    LEND_NAME(destry, o, (std::move(with.r)));
};

// enlist
template <class Driver, class Samples>
concept near_enlist = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, enlist, (with.r, with.tx)) ||
    LEND_ANY_LETTER(e, nlist, (with.r, with.tx)) ||
    LEND_ANY_LETTER(en, list, (with.r, with.tx)) ||
    LEND_ANY_LETTER(enl, ist, (with.r, with.tx)) ||
    LEND_ANY_LETTER(enli, st, (with.r, with.tx)) ||
    LEND_ANY_LETTER(enlis, t, (with.r, with.tx)) ||
    LEND_ANY_LETTER(enlist, , (with.r, with.tx)) ||
    LEND_ANY_LETTER(, nlist, (with.r, with.tx)) ||
    LEND_ANY_LETTER(e, list, (with.r, with.tx)) ||
    LEND_ANY_LETTER(en, ist, (with.r, with.tx)) ||
    LEND_ANY_LETTER(enl, st, (with.r, with.tx)) ||
    LEND_ANY_LETTER(enli, t, (with.r, with.tx)) ||
    LEND_ANY_LETTER(enlis, , (with.r, with.tx)) ||
    LEND_NAME(, nlist, (with.r, with.tx)) ||
    LEND_NAME(e, list, (with.r, with.tx)) ||
    LEND_NAME(en, ist, (with.r, with.tx)) ||
    LEND_NAME(enl, st, (with.r, with.tx)) ||
    LEND_NAME(enli, t, (with.r, with.tx)) ||
    LEND_NAME(enlis, , (with.r, with.tx)) ||
    LEND_NAME(n, elist, (with.r, with.tx)) ||
    LEND_NAME(el, nist, (with.r, with.tx)) ||
    LEND_NAME(eni, lst, (with.r, with.tx)) ||
    LEND_NAME(enls, it, (with.r, with.tx)) ||
    LEND_NAME(enlit, s, (with.r, with.tx));
};

// idle_limit
template <class Driver, class Samples>
concept near_idle_limit = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, idle_limit, (with.r)) ||
    LEND_ANY_LETTER(i, dle_limit, (with.r)) ||
    LEND_ANY_LETTER(id, le_limit, (with.r)) ||
    LEND_ANY_LETTER(idl, e_limit, (with.r)) ||
    LEND_ANY_LETTER(idle, _limit, (with.r)) ||
    LEND_ANY_LETTER(idle_, limit, (with.r)) ||
    LEND_ANY_LETTER(idle_l, imit, (with.r)) ||
    LEND_ANY_LETTER(idle_li, mit, (with.r)) ||
    LEND_ANY_LETTER(idle_lim, it, (with.r)) ||
    LEND_ANY_LETTER(idle_limi, t, (with.r)) ||
    LEND_ANY_LETTER(idle_limit, , (with.r)) ||
    LEND_ANY_LETTER(, dle_limit, (with.r)) ||
    LEND_ANY_LETTER(i, le_limit, (with.r)) ||
    LEND_ANY_LETTER(id, e_limit, (with.r)) ||
    LEND_ANY_LETTER(idl, _limit, (with.r)) ||
    LEND_ANY_LETTER(idle, limit, (with.r)) ||
    LEND_ANY_LETTER(idle_, imit, (with.r)) ||
    LEND_ANY_LETTER(idle_l, mit, (with.r)) ||
    LEND_ANY_LETTER(idle_li, it, (with.r)) ||
    LEND_ANY_LETTER(idle_lim, t, (with.r)) ||
    LEND_ANY_LETTER(idle_limi, , (with.r)) ||
    LEND_NAME(, dle_limit, (with.r)) ||
    LEND_NAME(i, le_limit, (with.r)) ||
    LEND_NAME(id, e_limit, (with.r)) ||
    LEND_NAME(idl, _limit, (with.r)) ||
    LEND_NAME(idle, limit, (with.r)) ||
    LEND_NAME(idle_, imit, (with.r)) ||
    LEND_NAME(idle_l, mit, (with.r)) ||
    LEND_NAME(idle_li, it, (with.r)) ||
    LEND_NAME(idle_lim, t, (with.r)) ||
    LEND_NAME(idle_limi, , (with.r)) ||
    LEND_NAME(d, ile_limit, (with.r)) ||
    LEND_NAME(il, de_limit, (with.r)) ||
    LEND_NAME(ide, l_limit, (with.r)) ||
    LEND_NAME(idl_, elimit, (with.r)) ||
    LEND_NAME(idlel, _imit, (with.r)) ||
    LEND_NAME(idle_i, lmit, (with.r)) ||
    LEND_NAME(idle_lm, iit, (with.r)) ||
    LEND_NAME(idle_lii, mt, (with.r)) ||
    LEND_NAME(idle_limt, i, (with.r));
};

// interrupt
template <class Driver, class Samples>
concept near_interrupt = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, interrupt, (with.r)) ||
    LEND_ANY_LETTER(i, nterrupt, (with.r)) ||
    LEND_ANY_LETTER(in, terrupt, (with.r)) ||
    LEND_ANY_LETTER(int, errupt, (with.r)) ||
    LEND_ANY_LETTER(inte, rrupt, (with.r)) ||
    LEND_ANY_LETTER(inter, rupt, (with.r)) ||
    LEND_ANY_LETTER(interr, upt, (with.r)) ||
    LEND_ANY_LETTER(interru, pt, (with.r)) ||
    LEND_ANY_LETTER(interrup, t, (with.r)) ||
    LEND_ANY_LETTER(interrupt, , (with.r)) ||
    LEND_ANY_LETTER(, nterrupt, (with.r)) ||
    LEND_ANY_LETTER(i, terrupt, (with.r)) ||
    LEND_ANY_LETTER(in, errupt, (with.r)) ||
    LEND_ANY_LETTER(int, rrupt, (with.r)) ||
    LEND_ANY_LETTER(inte, rupt, (with.r)) ||
    LEND_ANY_LETTER(inter, upt, (with.r)) ||
    LEND_ANY_LETTER(interr, pt, (with.r)) ||
    LEND_ANY_LETTER(interru, t, (with.r)) ||
    LEND_ANY_LETTER(interrup, , (with.r)) ||
    LEND_NAME(, nterrupt, (with.r)) ||
    LEND_NAME(i, terrupt, (with.r)) ||
    LEND_NAME(in, errupt, (with.r)) ||
    LEND_NAME(int, rrupt, (with.r)) ||
    LEND_NAME(inte, rupt, (with.r)) ||
    LEND_NAME(inter, upt, (with.r)) ||
    LEND_NAME(interr, pt, (with.r)) ||
    LEND_NAME(interru, t, (with.r)) ||
    LEND_NAME(interrup, , (with.r)) ||
    LEND_NAME(n, iterrupt, (with.r)) ||
    LEND_NAME(it, nerrupt, (with.r)) ||
    LEND_NAME(ine, trrupt, (with.r)) ||
    LEND_NAME(intr, erupt, (with.r)) ||
    LEND_NAME(inter, rupt, (with.r)) ||
    LEND_NAME(interu, rpt, (with.r)) ||
    LEND_NAME(interrp, ut, (with.r)) ||
    LEND_NAME(interrut, p, (with.r));
};

// name
template <class Driver, class Samples>
concept near_name = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, name, (with.r)) ||
    LEND_ANY_LETTER(n, ame, (with.r)) ||
    LEND_ANY_LETTER(na, me, (with.r)) ||
    LEND_ANY_LETTER(nam, e, (with.r)) ||
    LEND_ANY_LETTER(name, , (with.r)) ||
    LEND_ANY_LETTER(, ame, (with.r)) ||
    LEND_ANY_LETTER(n, me, (with.r)) ||
    LEND_ANY_LETTER(na, e, (with.r)) ||
    LEND_ANY_LETTER(nam, , (with.r)) ||
    LEND_NAME(, ame, (with.r)) ||
    LEND_NAME(n, me, (with.r)) ||
    LEND_NAME(na, e, (with.r)) ||
    LEND_NAME(nam, , (with.r)) ||
    LEND_NAME(a, nme, (with.r)) ||
    LEND_NAME(nm, ae, (with.r)) ||
    LEND_NAME(nae, m, (with.r));
};

// rate
template <class Driver, class Samples>
concept near_rate = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, rate, (with.t, with.r, true)) ||
    LEND_ANY_LETTER(r, ate, (with.t, with.r, true)) ||
    LEND_ANY_LETTER(ra, te, (with.t, with.r, true)) ||
    LEND_ANY_LETTER(rat, e, (with.t, with.r, true)) ||
    LEND_ANY_LETTER(rate, , (with.t, with.r, true)) ||
    LEND_ANY_LETTER(, ate, (with.t, with.r, true)) ||
    LEND_ANY_LETTER(r, te, (with.t, with.r, true)) ||
    LEND_ANY_LETTER(ra, e, (with.t, with.r, true)) ||
    LEND_ANY_LETTER(rat, , (with.t, with.r, true)) ||
    LEND_NAME(, ate, (with.t, with.r, true)) ||
    LEND_NAME(r, te, (with.t, with.r, true)) ||
    LEND_NAME(ra, e, (with.t, with.r, true)) ||
    LEND_NAME(rat, , (with.t, with.r, true)) ||
    LEND_NAME(a, rte, (with.t, with.r, true)) ||
    LEND_NAME(rt, ae, (with.t, with.r, true)) ||
    LEND_NAME(rae, t, (with.t, with.r, true));
};

// reset
template <class Driver, class Samples>
concept near_reset = requires(Driver& d, Samples with) { requires
    LEND_ANY_LETTER(, reset, (with.r)) ||
    LEND_ANY_LETTER(r, eset, (with.r)) ||
    LEND_ANY_LETTER(re, set, (with.r)) ||
    LEND_ANY_LETTER(res, et, (with.r)) ||
    LEND_ANY_LETTER(rese, t, (with.r)) ||
    LEND_ANY_LETTER(reset, , (with.r)) ||
    LEND_ANY_LETTER(, eset, (with.r)) ||
    LEND_ANY_LETTER(r, set, (with.r)) ||
    LEND_ANY_LETTER(re, et, (with.r)) ||
    LEND_ANY_LETTER(res, t, (with.r)) ||
    LEND_ANY_LETTER(rese, , (with.r)) ||
    LEND_NAME(, eset, (with.r)) ||
    LEND_NAME(r, set, (with.r)) ||
    LEND_NAME(re, et, (with.r)) ||
    LEND_NAME(res, t, (with.r)) ||
    LEND_NAME(rese, , (with.r)) ||
    LEND_NAME(e, rset, (with.r)) ||
    LEND_NAME(rs, eet, (with.r)) ||
    LEND_NAME(ree, st, (with.r)) ||
    LEND_NAME(rest, e, (with.r));
};

#undef LEND_ANY_LETTER
#undef LEND_NAME

// NOLINTEND(bugprone-macro-parentheses)
// clang-format on

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_NEAR_NAMES_HPP
