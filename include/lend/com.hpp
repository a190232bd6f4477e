// SPDX-License-Identifier: MIT
/// @file
/// The COM+ resource-dispenser contract, whole: interfaces, macros, manager, holder, and lend
/// drivers as dispensers. Stands in for comsvcs.h and mtxdm.h, on every system.
///
/// A dispenser written for those compiles with this include and `using namespace lend::com;`.

#ifndef LEND_COM_HPP
#define LEND_COM_HPP

#include <lend/com/caller_context.hpp>
#include <lend/com/dispenser.hpp>
#include <lend/com/dispenser_driver.hpp>
#include <lend/com/dispenser_manager.hpp>
#include <lend/com/holder.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/macros.hpp>
#include <lend/com/process.hpp>
#include <lend/com/restypid.hpp>
#include <lend/com/types.hpp>
#include <lend/com/unknown.hpp>
#include <lend/com/utf16.hpp>

#endif // LEND_COM_HPP
