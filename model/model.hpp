#pragma once

/// Decides, without clock, thread or I/O.
///
///   ids               distinct types for every name
///   manifest          what one content version consists of
///   notification      what the site tells a pull distribution point
///   status_message    what a node tells its site
///   job_state         S2, S3: a content on its way
///   source_ranking    D6-D10: who is asked next
///   job_slots         B4, D15: whose turn it is at a distribution point
///   push_slots        B16: which pushes go on at a time
///   distribution_schedule  F1: when a standard distribution point may be sent to
///   rate_limit        F3-F6: and how fast
///   distribution_settings  B7, B9, B13: how often and how long apart
///   distribution_plan what has to be sent where, and from which source
///   distribution_state  S1, S5, S6: what the site remembers of it
///   shown_states      S4, S7: the same as ConfigMgr and BITS call it
///   point_health      A17: how a distribution point is
///   validation_power  J2: how much of the machine a validation may take
///   usage             D11: who was given content
///   views             what an operator is shown
#include "model/distribution_plan.hpp"      // IWYU pragma: export
#include "model/distribution_schedule.hpp"  // IWYU pragma: export
#include "model/distribution_settings.hpp"  // IWYU pragma: export
#include "model/distribution_state.hpp"     // IWYU pragma: export
#include "model/ids.hpp"                    // IWYU pragma: export
#include "model/job_slots.hpp"              // IWYU pragma: export
#include "model/job_state.hpp"              // IWYU pragma: export
#include "model/manifest.hpp"               // IWYU pragma: export
#include "model/notification.hpp"           // IWYU pragma: export
#include "model/point_health.hpp"           // IWYU pragma: export
#include "model/push_slots.hpp"             // IWYU pragma: export
#include "model/rate_limit.hpp"             // IWYU pragma: export
#include "model/shown_states.hpp"           // IWYU pragma: export
#include "model/source_ranking.hpp"         // IWYU pragma: export
#include "model/status_message.hpp"         // IWYU pragma: export
#include "model/usage.hpp"                  // IWYU pragma: export
#include "model/validation_power.hpp"       // IWYU pragma: export
#include "model/views.hpp"                  // IWYU pragma: export
