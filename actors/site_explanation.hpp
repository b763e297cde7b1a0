#pragma once

#include "model/model.hpp"
#include "storage/storage.hpp"

namespace sluice::actors {

/// What the site knows of one target when somebody asks why it is not there.
struct why_facts {
  struct source {
    model::source_choice choice;
    bool holds = false;
    bool silent = false;  ///< not heard of for three heartbeats
  };
  storage::site_distribution row;
  bool silent = false;
  bool pushed = false;  ///< by the site: it has no sources, or has them for another time
  std::vector<source> sources;
  std::string holder;  ///< a distribution point that holds it and is no source; may be empty
};

/// "sluice why": what it does or waits for, what comes next, and what would help. Pure.
[[nodiscard]] model::why_report explain(const why_facts& facts);

}  // namespace sluice::actors
