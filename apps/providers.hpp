#pragma once

#include "model/model.hpp"

/// The one source of clock time and of secrets in a program; handed in to everything below.
namespace sluice::apps {

/// UTC, to the millisecond. Any thread.
model::calendar_time calendar_now();
/// From the kernel's generator (getrandom(2)), good for keys. Any thread.
std::uint64_t system_random();

}  // namespace sluice::apps
