// One module of a program: a shared library whose symbols are hidden unless they say otherwise.
#include "per_process.hpp"

#include <lend/com.hpp>
#include <lend/lend.hpp>

sights LEND_LIBRARY() {
    lend::com::IDispenserManager* manager = nullptr;
    lend::com::GetDispenserManager(&manager);
    return {{
        {"the list of who is told of forks", &lend::detail::fork_watch::instance()},
        {"the numbers of threads", &lend::detail::thread_slot_registry::instance()},
        {"the category of errors", &lend::error_category()},
        {"the dispenser manager", manager},
        {"the calling thread's context",
         &lend::com::basic_caller_source<lend::default_platform>::of_thread()},
        {"the number of the next table",
         reinterpret_cast<const void*>(&lend::detail::rotating_table_tag)},
    }};
}
