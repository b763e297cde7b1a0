#pragma once

#include <map>

#include "actors/site_parts.hpp"

namespace sluice::actors {

struct management_point_state {
  management_point_state() = default;
  void say_refused(const std::string& name,
                   const error& failure);  ///< 2370, when it is another reason

  site_actor site;
  std::map<std::string, std::string> refused;  ///< distribution point -> why
};

/// Takes what nodes say, refuses names that are none, and passes the rest to the site.
management_point_actor::behavior_type management_point(
    management_point_actor::stateful_pointer<management_point_state> self, site_actor site);

}  // namespace sluice::actors
