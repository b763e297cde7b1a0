#include "actors/site_explanation.hpp"

#include "actors/site_rules.hpp"

namespace sluice::actors {

namespace {

constexpr const char* silence = "not heard of for more than 90 s";
static_assert(3 * limits::heartbeat_interval == std::chrono::seconds(90));

/// The three sentences of an answer.
struct words {
  std::string doing;
  std::string next;
  std::string unblock;
};

std::string distribute_again(const model::distribution_row& row) {
  return format("sluice distribute {} --dp {}", row.package.text(), row.distribution_point);
}

std::string start_there(const std::string& name) {
  return format(
      "start sluiced on {0}, or correct its address: sluice dp set {0} --address HOST:PORT", name);
}

std::string joined(const std::vector<std::string>& items, std::string_view between) {
  std::string out;
  for (const std::string& item : items) { out += (out.empty() ? "" : std::string(between)) + item; }
  return out;
}

/// Each of them would do.
std::string more_sources(const why_facts& facts) {
  const std::string package = facts.row.row.package.text();
  std::vector<std::string> holding;
  std::vector<std::string> ways;
  for (const auto& source : facts.sources) {
    if (source.holds) { holding.push_back(source.choice.name); }
  }
  if (!holding.empty()) {
    ways.push_back(format("see that {} can be reached from {}", joined(holding, " or "),
                          facts.row.row.distribution_point));
  }
  for (const auto& source : facts.sources) {
    if (source.holds || source.silent) { continue; }
    ways.push_back(format("sluice distribute {} --dp {}", package, source.choice.name));
    break;
  }
  ways.push_back(format("sluice dp source add {} {}:PRIORITY", facts.row.row.distribution_point,
                        facts.holder.empty() ? "NAME" : facts.holder));
  return joined(ways, ", or ");
}

/// Nothing is under way, whatever the node does.
words over_words(const why_facts& facts) {
  const storage::site_distribution& row = facts.row;
  const std::string& name = row.row.distribution_point;
  if (row.discard) {
    return {"is over, and what was fetched is to be thrown away",
            format("{} is asked until it has done so", name),
            facts.silent ? start_there(name) : ""};
  }
  if (row.cancelled) {
    return {"was cancelled, and is held", "nothing, until it is distributed again",
            distribute_again(row.row)};
  }
  if (waits_for_heartbeat(row)) {
    return {"was given up", format("the next heartbeat of {} begins it again", name),
            start_there(name)};
  }
  if (row.row.job_state == model::site_job_state::cancelled) {
    return {"is not followed any more",
            "nothing at the site; when it succeeds over there, that counts",
            "to follow it again: " + distribute_again(row.row)};
  }
  return {"has failed", "nothing, until it is distributed again", distribute_again(row.row)};
}

/// The node has the job.
words open_words(const why_facts& facts) {
  const storage::site_distribution& row = facts.row;
  const std::string& name = row.row.distribution_point;
  words said{format("is on its way: {}, {} %", model::name_of(row.node_state), row.row.percent),
             "it reports when the last piece is verified",
             {}};
  if (facts.pushed && row.node_state == model::job_state::waiting_for_source) {
    said = {"waits for the site to push on", "the site opens its connections again", {}};
  } else if (row.node_state == model::job_state::waiting_for_source) {
    said = {"waits for a source",
            "the distribution point asks all sources again, at once when one answers",
            more_sources(facts)};
  }
  if (row.row.job_state == model::site_job_state::suspended) {
    said = {"is suspended", "the site pushes on when the schedule lets it",
            format("to push on now: sluice dp set {} --schedule always", name)};
  }
  if (row.node_state == model::job_state::parked) {
    said = {"is parked: the volume has no space",
            "it goes on by itself within seconds when there is room",
            format("make room on the library volume of {}", name)};
  }
  if (row.node_state == model::job_state::waiting_prestage) {
    said = {"waits for prestaged content",
            format("{} looks for it in its library every minute", name),
            format("to have it fetched instead: sluice dp set {} --prestaged off", name)};
  }
  if (facts.silent) {
    said.doing += format(", when {} was last heard of", name);
    said.next = format("it goes on when {} is back: it is {}", name, silence);
    said.unblock = start_there(name);
  }
  return said;
}

/// The site has not got it taken yet.
words site_words(const why_facts& facts) {
  const storage::site_distribution& row = facts.row;
  const std::string& name = row.row.distribution_point;
  if (was_refused(row)) {
    return {"waits at the site", format("the site tells {} again, at once when it is back", name),
            start_there(name)};
  }
  bool held = facts.pushed;
  for (const auto& source : facts.sources) { held = held || source.holds; }
  if (row.row.next_try && !held) {
    return {"waits at the site", "the site looks again, at once when a source reports success",
            more_sources(facts)};
  }
  if (row.row.next_try) {
    return {"waits at the site", format("the site tells {} again", name), {}};
  }
  if (facts.pushed && row.heard) {
    return {"waits at the site", "the site pushes it when its turn and its window have come",
            format("to let it go first: sluice package set {} --priority high",
                   row.row.package.text())};
  }
  if (row.heard && row.row.job_state == model::site_job_state::pending) {
    return {"waits at the site for a free slot", "it goes on as soon as a job there ends or waits",
            format("to let it go first: sluice package set {} --priority high",
                   row.row.package.text())};
  }
  return {"waits at the site", "the site sends the notification", {}};
}

words words_for(const why_facts& facts) {
  const storage::site_distribution& row = facts.row;
  if (row.removing) {
    const bool given_up = row.row.state == model::package_state::removal_failed;
    return {"is being removed",
            given_up
                ? format("the next heartbeat of {} begins it again", row.row.distribution_point)
                : "the site asks the distribution point again",
            given_up || facts.silent ? start_there(row.row.distribution_point) : ""};
  }
  if (is_installed(row)) { return {"is complete, verified and served", "nothing", {}}; }
  if (row.cancel_asked) {
    return {"is being cancelled",
            "the site asks the node until it answers; the node says when it stopped",
            facts.silent ? start_there(row.row.distribution_point) : ""};
  }
  if (row.cancelled || is_over(row)) { return over_words(facts); }
  return job_is_open(row) ? open_words(facts) : site_words(facts);
}

}  // namespace

model::why_report explain(const why_facts& facts) {
  const model::distribution_row& row = facts.row.row;
  words said = words_for(facts);
  model::why_report report;
  report.subject = format("{}.{} on {}", row.package.text(), row.version, row.distribution_point);
  report.doing = std::move(said.doing);
  if (!row.reason.empty()) { report.doing += ": " + row.reason; }
  report.since = row.changed;
  report.next = std::move(said.next);
  report.next_time = row.next_try;
  report.unblock = std::move(said.unblock);
  for (const auto& source : facts.sources) {
    std::string verdict =
        source.holds ? "holds it, says the site" : "does not hold it, says the site";
    if (source.silent) { verdict += format("; {}", silence); }
    report.sources.push_back({source.choice.name, source.choice.priority, std::move(verdict)});
  }
  return report;
}

}  // namespace sluice::actors
