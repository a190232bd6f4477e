// SPDX-License-Identifier: MIT
/// @file
/// Declarations without definitions, for headers of programs that only name what lend has: in a
/// parameter, a return type, a reference, a pointer. Costs a fraction of the other headers.
///
/// pool and lease are not here: they are constrained by what their driver has, so naming one needs
/// the driver's definition, and with it <lend/driver.hpp>.

#ifndef LEND_FWD_HPP
#define LEND_FWD_HPP

#include <lend/detail/config.hpp>

#include <cstdint>

namespace lend::inline v0_1 {

enum class hresult : std::int32_t;

class error;
class lend_exception;
struct pool_snapshot;

template <class T>
class result;

template <bool Exceptions, bool Checks>
struct basic_platform;
using default_platform = basic_platform<LEND_EXCEPTIONS, LEND_CHECKS>;

// The default of Platform stands here alone.
template <class T, class Platform = default_platform>
class handle_table;

struct rating;
struct transaction_id;
struct enlistment;

struct pool_options;
struct pool_stats;
struct pool_timings;
class histogram;
class pool_observer;
struct source_site;
struct holder_info;

} // namespace lend

#endif // LEND_FWD_HPP
