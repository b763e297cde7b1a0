#include "model/distribution_plan.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace sluice::model {

planned_step plan(const plan_target& facts) {
  SLUICE_CHECK(facts.sources.size() == facts.source_has_it.size());
  if (facts.has_it || facts.job_open) { return {plan_action::nothing, {}}; }
  if (facts.own) { return {plan_action::install_locally, {}}; }
  if (facts.maintenance) { return {plan_action::wait_for_maintenance, {}}; }
  if (facts.prestaged) { return {plan_action::notify, {}}; }

  const bool held = std::find(facts.source_has_it.begin(), facts.source_has_it.end(), true) !=
                    facts.source_has_it.end();
  if (!held) {
    planned_step wait{plan_action::wait_for_source, {}};
    for (std::size_t i = 0; i < facts.sources.size(); ++i) {
      if (!facts.source_has_it[i]) { wait.lacking.push_back(facts.sources[i].name); }
    }
    return wait;
  }
  return {plan_action::notify, {}};
}

namespace {

/// A depth-first walk that remembers its way (iterative: a chain may be thousands long).
class ring_search {
public:
  explicit ring_search(const std::vector<source_edge>& edges) {
    for (const source_edge& edge : edges) {
      sources_[edge.distribution_point].push_back(edge.source);
    }
  }

  std::optional<std::string> run() {
    for (const auto& [start, ignored] : sources_) {
      if (auto ring = walk_from(start)) { return ring; }
    }
    return std::nullopt;
  }

private:
  enum class mark : std::uint8_t { unseen, on_the_way, done };
  struct step {
    std::string_view place;
    std::size_t next = 0;  ///< index of the source to look at next
  };

  std::optional<std::string> walk_from(std::string_view start) {
    if (marks_[start] != mark::unseen) { return std::nullopt; }
    way_.assign(1, step{start});
    marks_[start] = mark::on_the_way;
    while (!way_.empty()) {
      step& here = way_.back();
      const auto found = sources_.find(here.place);
      if (found == sources_.end() || here.next == found->second.size()) {
        marks_[here.place] = mark::done;
        way_.pop_back();
        continue;
      }
      const std::string_view there = found->second[here.next++];
      mark& seen = marks_[there];
      if (seen == mark::on_the_way) { return ring_to(there); }
      if (seen == mark::unseen) {
        seen = mark::on_the_way;
        way_.push_back(step{there});
      }
    }
    return std::nullopt;
  }

  std::string ring_to(std::string_view closing) const {
    auto at = std::find_if(way_.begin(), way_.end(),
                           [closing](const step& passed) { return passed.place == closing; });
    std::string path;
    for (; at != way_.end(); ++at) { path += format("{} -> ", at->place); }
    return path + std::string(closing);
  }

  std::map<std::string_view, std::vector<std::string_view>> sources_;
  std::map<std::string_view, mark> marks_;
  std::vector<step> way_;
};

}  // namespace

std::optional<std::string> source_cycle(const std::vector<source_edge>& edges) {
  return ring_search(edges).run();
}

}  // namespace sluice::model
