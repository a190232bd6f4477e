// SPDX-License-Identifier: MIT
/// @file
/// A stack of its own and the switch from one to another, for the simulation's fibers. Saves the
/// C++ runtime's exception state at each switch and tells the sanitizers. Schedules nothing.

#ifndef LEND_TESTS_SUPPORT_SIM_CONTEXT_HPP
#define LEND_TESTS_SUPPORT_SIM_CONTEXT_HPP

#include "address_sanitizer.hpp"
#include "sim_races.hpp"

#include <lend/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(SIM_USE_UCONTEXT)
#define SIM_ASSEMBLY_SWITCH 1
#else
#define SIM_ASSEMBLY_SWITCH 0
#include <ucontext.h>
#endif

#if LEND_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if LEND_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

#ifdef _LIBCPP_VERSION
namespace __cxxabiv1 { // its library has this function, and no header declares it
extern "C" void* __cxa_get_globals();
}
#endif

namespace sim::detail {

// What __cxa_get_globals points at, in the layout of the Itanium ABI: the exceptions being handled
// and how many are in flight. Both belong to a stack, so they change with it.
struct exception_state {
    void* caught = nullptr;
    unsigned int uncaught = 0;
};

inline exception_state* exception_globals() noexcept {
    return reinterpret_cast<exception_state*>(__cxxabiv1::__cxa_get_globals());
}

#if SIM_ASSEMBLY_SWITCH

// Pushes what the System V ABI lets a callee keep, changes stacks, pops. `argument` arrives as the
// first parameter of a function that is entered for the first time.
// rdi = where to keep the old stack pointer, rsi = the new one, rdx = argument.
__attribute__((naked, noinline)) inline void
switch_stack(void** /*keep*/, void* /*to*/, void* /*argument*/) {
    __asm__("pushq %rbp\n\t"
            "pushq %rbx\n\t"
            "pushq %r12\n\t"
            "pushq %r13\n\t"
            "pushq %r14\n\t"
            "pushq %r15\n\t"
            "movq %rsp, (%rdi)\n\t"
            "movq %rsi, %rsp\n\t"
            "movq %rdx, %rdi\n\t"
            "popq %r15\n\t"
            "popq %r14\n\t"
            "popq %r13\n\t"
            "popq %r12\n\t"
            "popq %rbx\n\t"
            "popq %rbp\n\t"
            "ret");
}

#endif

/// A point to go on from: the thread's own stack (default constructed), or a made one.
class context {
public:
    static constexpr std::size_t stack_size = std::size_t{512} * 1024;

    context() noexcept = default;
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    /// Makes a stack on which the first switch calls `entry(argument)`, which must not return.
    /// `colour` shifts the stack's top, so that not all stacks fight for the same cache lines.
    void make(void (*entry)(void*), void* argument, unsigned colour) noexcept {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        void* memory = ::mmap(nullptr, stack_size + page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (memory == MAP_FAILED || ::mprotect(memory, page, PROT_NONE) != 0) {
            std::fputs("sim: no memory for a stack\n", stderr);
            std::abort();
        }
        bottom_ = static_cast<std::byte*>(memory) + page;
        size_ = stack_size;
        entry_ = entry;
        argument_ = argument;
        shift_ = static_cast<std::size_t>(colour % 16U) * 256U;
        prepare();
#if LEND_THREAD_SANITIZER
        tsan_ = __tsan_create_fiber(0);
#endif
    }

    /// Forgets what is on the stack: the next switch enters at the entry again.
    void make_again() noexcept {
        exceptions_ = exception_state{};
        prepare();
#if LEND_THREAD_SANITIZER
        __tsan_destroy_fiber(tsan_);
        tsan_ = __tsan_create_fiber(0);
#endif
    }

    /// Called on the thread's own stack before the first switch away from it.
    void adopt_thread() noexcept {
#if LEND_THREAD_SANITIZER
        tsan_ = __tsan_get_current_fiber();
#endif
    }

    /// Leaves `*this`, which is the running one, for `to`; returns when someone switches back.
    void switch_to(context& to, exception_state* globals) noexcept {
        exceptions_ = *globals;
        *globals = to.exceptions_;
#if LEND_ADDRESS_SANITIZER
        __sanitizer_start_switch_fiber(&fake_stack_, to.bottom_, to.size_);
#endif
#if LEND_THREAD_SANITIZER
        __tsan_switch_to_fiber(to.tsan_, LEND_SIM_RACES != 0 ? __tsan_switch_to_fiber_no_sync : 0);
#endif
        to.previous_ = this;
#if SIM_ASSEMBLY_SWITCH
        switch_stack(&pointer_, to.pointer_, to.argument_);
#else
        ::swapcontext(&saved_, &to.saved_);
#endif
        arrived();
    }

    /// The first statement of an entry function; the end of every switch.
    void arrived() noexcept {
#if LEND_ADDRESS_SANITIZER
        // The thread's own stack learns its bounds from the first switch away from it.
        __sanitizer_finish_switch_fiber(fake_stack_, &previous_->bottom_, &previous_->size_);
#endif
    }

    /// For a stack whose frames will never run again: what they point at is not a leak.
    void abandon() noexcept {
#if LEND_ADDRESS_SANITIZER
        __lsan_register_root_region(bottom_, size_);
#endif
    }

private:
#if SIM_ASSEMBLY_SWITCH
    void prepare() noexcept {
        // Six saved registers, the entry as return address, and no frame above it. At the entry
        // the stack pointer is 8 short of a multiple of 16, as after a call.
        std::byte* const top = static_cast<std::byte*>(const_cast<void*>(bottom_)) + size_ - shift_;
        void* frame[8] = {};
        std::memcpy(&frame[6], &entry_, sizeof(entry_));
        pointer_ = top - sizeof(frame);
        std::memcpy(pointer_, frame, sizeof(frame));
    }
    void* pointer_ = nullptr;
#else
    static void enter(unsigned high, unsigned low) {
        const std::uint64_t bits = (std::uint64_t{high} << 32U) | low;
        auto* self = reinterpret_cast<context*>(static_cast<std::uintptr_t>(bits));
        self->entry_(self->argument_);
    }
    void prepare() noexcept {
        ::getcontext(&saved_);
        saved_.uc_stack.ss_sp = const_cast<void*>(bottom_);
        saved_.uc_stack.ss_size = size_ - shift_;
        saved_.uc_link = nullptr;
        const auto bits = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this));
        ::makecontext(&saved_, reinterpret_cast<void (*)()>(&enter), 2,
                      static_cast<unsigned>(bits >> 32U), static_cast<unsigned>(bits));
    }
    ucontext_t saved_{};
#endif

    exception_state exceptions_{};
    void (*entry_)(void*) = nullptr;
    void* argument_ = nullptr;
    std::size_t shift_ = 0;
    const void* bottom_ = nullptr;
    std::size_t size_ = 0;
    context* previous_ = nullptr;
    [[maybe_unused]] void* fake_stack_ = nullptr;
    [[maybe_unused]] void* tsan_ = nullptr;
};

} // namespace sim::detail

#endif // LEND_TESTS_SUPPORT_SIM_CONTEXT_HPP
