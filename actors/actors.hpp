#pragma once

/// Takes turns: every distribution point, job and source is an actor.
///
///   node_parts   what the actors of a node share
///   node_system  all actors of a node, started and ended in order
#include "actors/node_parts.hpp"   // IWYU pragma: export
#include "actors/node_system.hpp"  // IWYU pragma: export
