#pragma once

#include <map>
#include <set>

#include "actors/site_messages.hpp"

namespace sluice::actors {

/// One distribution point of a cycle, as the site sees it.
struct validation_target {
  model::validation_row row{};
  std::string address{};  ///< of its control; empty: the site's own distribution point
  std::vector<rpc::desired_content> desired{};  ///< until it took the order
  std::set<model::package_id> judged{};         ///< whose verdict came before that
  bool answered = false;
  bool began = false;
  bool asking = false;     ///< how far it is: a question is under way
  bool said_over = false;  ///< it said that its cycle is complete
  bool over = false;       ///< `row` is its last
};

/// A cycle as the site knows it: in memory only, the status messages are what lasts.
struct validation_cycle {
  model::cycle_id id{};
  rpc::validation_request request{};
  std::map<std::string, validation_target> targets{};
  rpc::validation_begun answer{};
  std::optional<caf::typed_response_promise<rpc::validation_begun>> promise{};  ///< not answered
};

}  // namespace sluice::actors
