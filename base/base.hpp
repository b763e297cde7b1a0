#pragma once

/// What every folder may use: how a failure is told, how text is put together, and every bound.
///
///   result, error   a value, or what the caller can do about there being none
///   check           bugs stop the process
///   limits          every bound of the system, once
///   log, format     lines for the operator
///   escape, hex     text from outside, bytes as text
///   random          numbers from a seed
#include "base/check.hpp"              // IWYU pragma: export
#include "base/error.hpp"              // IWYU pragma: export
#include "base/escape.hpp"             // IWYU pragma: export
#include "base/format.hpp"             // IWYU pragma: export
#include "base/hex.hpp"                // IWYU pragma: export
#include "base/limits.hpp"             // IWYU pragma: export
#include "base/log.hpp"                // IWYU pragma: export
#include "base/random.hpp"             // IWYU pragma: export
#include "base/result.hpp"             // IWYU pragma: export
#include "base/validation_limits.hpp"  // IWYU pragma: export
