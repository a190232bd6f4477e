// SPDX-License-Identifier: MIT
/// @file
/// Everything of lend that needs the standard library alone. Drivers of real resources are headers
/// of their own, and so is the contract layer.

#ifndef LEND_LEND_HPP
#define LEND_LEND_HPP

#include <lend/acquire_async.hpp>
#include <lend/acquire_options.hpp>
#include <lend/destroy_reason.hpp>
#include <lend/drain_report.hpp>
#include <lend/driver.hpp>
#include <lend/error.hpp>
#include <lend/events.hpp>
#include <lend/executor.hpp>
#include <lend/fwd.hpp>
#include <lend/handle_table.hpp>
#include <lend/histogram.hpp>
#include <lend/holder_info.hpp>
#include <lend/hresult.hpp>
#include <lend/keyed_pool.hpp>
#include <lend/lease.hpp>
#include <lend/observer.hpp>
#include <lend/outcome.hpp>
#include <lend/platform.hpp>
#include <lend/pool.hpp>
#include <lend/pool_options.hpp>
#include <lend/probe.hpp>
#include <lend/prometheus.hpp>
#include <lend/resource_info.hpp>
#include <lend/result.hpp>
#include <lend/source_site.hpp>
#include <lend/stats.hpp>
#include <lend/version.hpp>
#include <lend/warm_up_result.hpp>

#endif // LEND_LEND_HPP
