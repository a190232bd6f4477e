/* SPDX-License-Identifier: MIT
 *
 * The life of a handle table's slots, for spin: numbers are made, erased twice and three times,
 * pinned, given back through a depot, and retired. Every interleaving of USERS processes without a
 * bound on pre-emptions or on operations: it is finite, because generations are used up.
 *
 * Accesses are sequentially consistent here. What the model checkers cannot do, which bound
 * pre-emptions, is done here; what this cannot, the memory orders, is done there. The steps are
 * those of include/lend/detail/table_slot.hpp and table_cache.hpp, one access of an atomic each;
 * a batch is one slot.
 *
 * check_slot_life.py compiles it once as it is and once for each of these mutants:
 *   NO_GENERATION  numbers are accepted whatever their generation
 *   NO_RENEWAL     the leader's generation is not renewed before a push, nor compared
 *   NO_RETIREMENT  generations begin anew when they are used up
 *   NO_PIN         an erase destroys what is pinned
 */

#ifndef USERS
#define USERS 2
#endif
#define SLOTS 2
#ifndef GENERATIONS
#define GENERATIONS 5
#endif

mtype = { unused, live, dead, retired };

/* The word of each slot, its link, and the depot's head: index and generation. Index 0 is none. */
mtype state[SLOTS + 1] = unused;
byte generation[SLOTS + 1];
byte pins[SLOTS + 1];
byte link_index[SLOTS + 1];
byte link_generation[SLOTS + 1];
byte head_index;
byte head_generation;
byte fresh = 1;

/* What must be true, seen from outside: which object lives, who has a slot, what was handed out. */
byte object[SLOTS + 1];
bool owned[SLOTS + 1];
byte handed_out[SLOTS + 1];

#ifdef NO_GENERATION
#define IS(i, g) (state[i] == live)
#else
#define IS(i, g) (state[i] == live && generation[i] == g)
#endif
#ifdef NO_RENEWAL
#define IS_HEAD(i, g) (head_index == i)
#else
#define IS_HEAD(i, g) (head_index == i && head_generation == g)
#endif

/* The object of a slot that the caller owns ends, and the slot goes to the depot. */
inline finish(i, g) {
    d_step {
        assert(!owned[i]);
        assert(object[i] == g);
        owned[i] = true;
        object[i] = 0;
    }
#ifdef NO_RENEWAL
    seen_generation = 1;
#else
    seen_generation = generation[i] + 1;
#endif
    if
    :: seen_generation > GENERATIONS -> state[i] = retired
    :: else ->
#ifndef NO_RENEWAL
        generation[i] = seen_generation;
#endif
        do
        :: d_step { next_index = head_index; next_generation = head_generation };
           d_step { link_index[i] = next_index; link_generation[i] = next_generation };
           atomic {
               if
               :: IS_HEAD(next_index, next_generation) ->
                   owned[i] = false;
                   head_index = i;
                   head_generation = seen_generation;
                   break
               :: else
               fi
           }
        od
    fi
}

/* Leaves in `i` a slot that the caller owns, or 0. */
inline take(i) {
    do
    :: d_step { i = head_index; seen_generation = head_generation };
       if
       :: i == 0 ->
           d_step {
               if
               :: fresh <= SLOTS -> i = fresh; fresh++; owned[i] = true
               :: else
               fi
           };
           break
       :: else ->
           d_step { next_index = link_index[i]; next_generation = link_generation[i] };
           atomic {
               if
               :: IS_HEAD(i, seen_generation) ->
                   assert(!owned[i] && object[i] == 0);
                   owned[i] = true;
                   head_index = next_index;
                   head_generation = next_generation;
                   break
               :: else
               fi
           }
       fi
    od
}

proctype user() {
    byte i;
    byte g;
    byte seen_generation;
    byte next_index;
    byte next_generation;

end:
    if
    :: /* makes an object */
       take(i);
       if
       :: i != 0 ->
           g = generation[i] + 1;
           if
           :: g > GENERATIONS ->
#ifdef NO_RETIREMENT
               g = 1
#else
               state[i] = retired; goto next
#endif
           :: else
           fi;
           d_step {
               assert(g > handed_out[i]);
               assert(object[i] == 0);
               handed_out[i] = g;
               object[i] = g;
               owned[i] = false;
           };
           d_step { generation[i] = g; state[i] = live; pins[i] = 0 }
       :: else
       fi
    :: /* erases a number, known, stale or forged */
       select(i : 1 .. SLOTS);
       select(g : 1 .. GENERATIONS);
       atomic {
           if
#ifdef NO_PIN
           :: IS(i, g) -> state[i] = dead; seen_generation = 0
#else
           :: IS(i, g) -> state[i] = dead; seen_generation = pins[i]
#endif
           :: else -> goto next
           fi
       };
       if
       :: seen_generation == 0 -> finish(i, g)
       :: else /* the last pin does */
       fi
    :: /* looks at a number */
       select(i : 1 .. SLOTS);
       select(g : 1 .. GENERATIONS);
       atomic {
           if
           :: IS(i, g) -> pins[i]++
           :: else -> goto next
           fi
       };
       assert(object[i] == g);
       atomic {
           pins[i]--;
           seen_generation = (state[i] == dead && pins[i] == 0 -> 1 : 0)
       };
       if
       :: seen_generation == 1 -> finish(i, g)
       :: else
       fi
    fi;
next:
    skip;
    /* What is remembered of one operation would make states of the next one different. */
    d_step {
        i = 0;
        g = 0;
        seen_generation = 0;
        next_index = 0;
        next_generation = 0
    };
    goto end
}

init {
    atomic {
        byte started = 0;
        do
        :: started < USERS -> run user(); started++
        :: else -> break
        od
    }
}
