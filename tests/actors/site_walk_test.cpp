// Random wishes of operators and random news of nodes: the site takes only ways of S1 and S5,
// counts every target in one bucket, and reaches what was wished once there is quiet.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "tests/actors/virtual_site.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::virtual_site;
using model::console_bucket;
using model::package_state;
using model::site_job_state;
using model::state_report;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;

/// What a node would do: it has the jobs it was told of until it ends them.
struct walked_node {
  struct job {
    model::content_id content;
    bool stopping = false;
  };
  std::map<model::job_id, job> jobs;
  std::set<model::job_id> known;
  std::uint8_t epoch = 1;
};

class walk {
public:
  explicit walk(std::uint64_t seed) : random_(seed) {
    add("dp1", "main:1");
    add("dp2", "dp1:1");
    for (int i = 0; i < 2; ++i) { add_package(); }
  }

  /// Some wishes and news, then quiet.
  void run_sequence() {
    for (auto left = 3 + random_() % 6; left > 0; --left) {
      const auto before = rows();
      step();
      check_ways(before, rows());
    }
    settle();
  }

private:
  using row_key = std::pair<model::package_id, std::string>;
  using row_map = std::map<row_key, storage::site_distribution>;

  void add(const std::string& name, const std::string& source) {
    CHECK(site_.add_point(name, {source}).ok());
    CHECK(site_.register_node(name).ok());
    auto& node = site_.node(name);
    walked_node* mine = &nodes_[name];
    node.on_notify = [mine, &node](const model::notification& given) {
      const bool fresh = mine->known.insert(given.job).second;
      if (fresh) { mine->jobs[given.job] = {given.content}; }
      node.answer = fresh ? rpc::notify_answer::accepted : rpc::notify_answer::known;
    };
    node.on_poll = [mine](model::job_id job) {
      rpc::poll_answer answer;
      answer.known = mine->jobs.contains(job);
      answer.state.job = job;
      answer.state.state = model::job_state::downloading;
      answer.state.bytes_total = model::byte_count{package_bytes};
      return answer;
    };
    node.on_cancel = [mine](model::job_id job) {
      const auto found = mine->jobs.find(job);
      if (found == mine->jobs.end()) { return rpc::cancel_outcome::unknown; }
      found->second.stopping = true;
      return rpc::cancel_outcome::requested;
    };
    node.on_remove = [mine](const model::content_id& content) {
      std::erase_if(mine->jobs, [&](const auto& job) { return job.second.content == content; });
    };
  }

  void add_package() {
    packages_.push_back(site_.add_package());
    CHECK(site_.distribute(packages_.back(), {"main"}).ok());
  }

  model::package_id some_package() { return packages_[random_() % packages_.size()]; }
  std::string some_point() { return random_() % 2 == 0 ? "dp1" : "dp2"; }

  row_map rows() {
    row_map all;
    for (const auto& package : packages_) {
      for (const char* const name : {"main", "dp1", "dp2"}) {
        const auto found = site_.database().distribution(package, name);
        REQUIRE(found.ok());
        if (*found) { all.emplace(row_key{package, name}, **found); }
      }
    }
    return all;
  }

  void step() {
    switch (random_() % 14) {
      case 0:
      case 1: distribute(some_package(), some_point(), false); break;
      case 2: distribute(some_package(), some_point(), true); break;
      case 3: cancel(some_package(), some_point(), false); break;
      case 4: cancel(some_package(), some_point(), true); break;
      case 5: replace_package(); break;
      case 6: be_away(some_point(), random_() % 2 == 0); break;
      case 7: wipe(some_point()); break;
      case 8: site_.restart(); break;
      case 9: site_.advance(std::chrono::minutes(1 + random_() % 600)); break;
      case 10: static_cast<void>(site_.heartbeat("dp1", nodes_["dp1"].epoch)); break;
      default: say_something(some_point()); break;
    }
  }

  void distribute(model::package_id package, const std::string& name, bool again) {
    CHECK(site_.distribute(package, {name}, again).ok());
    wishes_[{package, name}] = wish::there;
  }

  void cancel(model::package_id package, const std::string& name, bool detach) {
    const auto answer = site_.cancel(package, {name}, detach);
    if (!answer) { return; }  // it was never sent there
    if (answer->cancelled.empty() && answer->requested.empty()) { return; }
    wishes_[{package, name}] = detach ? wish::whatever_comes : wish::held;
  }

  void replace_package() {
    const std::size_t at = random_() % packages_.size();
    CHECK(site_.remove_package(packages_[at]).ok());
    leaving_.push_back(packages_[at]);
    packages_.erase(packages_.begin() + static_cast<std::ptrdiff_t>(at));
    add_package();
  }

  void be_away(const std::string& name, bool away) {
    site_.node(name).trouble.reset();
    if (away) { site_.node(name).trouble = error{errc::unreachable, 0, "connect to it"}; }
  }

  /// Its disk is lost: it knows of no job, and comes back in a new epoch.
  void wipe(const std::string& name) {
    walked_node& node = nodes_[name];
    node.jobs.clear();
    node.known.clear();
    ++node.epoch;
    CHECK(site_.register_node(name, node.epoch).ok());
  }

  void say_something(const std::string& name) {
    walked_node& node = nodes_[name];
    if (node.jobs.empty()) { return; }
    auto job = node.jobs.begin();
    std::advance(job, static_cast<std::ptrdiff_t>(random_() % node.jobs.size()));
    switch (random_() % 5) {
      case 0:
        wishes_[{job->second.content.package, name}] = wish::whatever_comes;
        end(name, job->first, state_report::failure);
        break;
      case 1: end(name, job->first, state_report::success); break;
      case 2:
        tell(name, job->first, state_report::warning, model::job_state::waiting_for_source);
        break;
      case 3: tell(name, job->first, state_report::cancel_requested, {}); break;
      default:
        tell(name, job->first, state_report::in_progress, model::job_state::downloading);
        break;
    }
  }

  void tell(const std::string& name, const model::job_id& job, state_report what,
            model::job_state state) {
    const model::content_id content = nodes_[name].jobs.at(job).content;
    if (!site_.has_row(content.package, name)) { return; }
    auto message = site_.message_for(content.package, name, what);
    message.job = job;
    message.content = content;
    message.state = state;
    message.bytes_total = model::byte_count{package_bytes};
    message.bytes_done = model::byte_count{random_() % package_bytes};
    CHECK(site_.report(name, site_.batch_of(name, {message}, nodes_[name].epoch)).ok());
  }

  void end(const std::string& name, const model::job_id& job, state_report wished) {
    const bool stops = nodes_[name].jobs.at(job).stopping;
    tell(name, job, stops ? state_report::cancelled : wished, model::job_state::succeeded);
    nodes_[name].jobs.erase(job);
  }

  /// Everything is there, nodes do their work, time passes.
  void settle() {
    be_away("dp1", false);
    be_away("dp2", false);
    for (int round = 0; round < 60 && (round == 0 || !is_settled()); ++round) {
      for (const char* const name : {"dp1", "dp2"}) {
        CHECK(site_.heartbeat(name, nodes_[name].epoch).ok());
        while (!nodes_[name].jobs.empty()) {
          end(name, nodes_[name].jobs.begin()->first, state_report::success);
        }
      }
      site_.advance(30min);
    }
    CHECK(is_settled());
    check_wishes();
    for (const auto& package : leaving_) {
      for (const char* const name : {"main", "dp1", "dp2"}) {
        CHECK_FALSE(site_.has_row(package, name));
      }
    }
    leaving_.clear();
  }

  /// The last wish counts: what was distributed is there, what was cancelled is held, unless it was
  /// there before anybody could stop it.
  void check_wishes() {
    for (const auto& [key, row] : rows()) {
      const auto wished = wishes_.find(key);
      if (wished == wishes_.end() || wished->second == wish::whatever_comes) { continue; }
      const bool waits = row.row.reason.find("no source of dp2") == 0;
      CAPTURE(row.row.reason);
      if (wished->second == wish::there) {
        CHECK((row.row.bucket == console_bucket::success || waits));
      } else {
        CHECK((row.cancelled || row.row.bucket == console_bucket::success));
        CHECK((row.row.bucket == console_bucket::success || row.held_by == "root"));
      }
    }
  }

  /// There, or not wished any more, or failed for a reason that the node gave.
  bool is_settled() {
    const auto all = rows();
    return nodes_["dp1"].jobs.empty() && nodes_["dp2"].jobs.empty() &&
           std::all_of(all.begin(), all.end(), [&](const auto& entry) {
             const auto& row = entry.second;
             const bool over =
                 !row.cancel_asked && (row.row.job_state == site_job_state::failed ||
                                       row.row.job_state == site_job_state::cancelled);
             const bool lacks_source =
                 row.row.reason.find("no source of dp2") == 0 && entry.first.second == "dp2";
             return row.row.bucket == console_bucket::success || over || lacks_source;
           });
  }

  void check_ways(const row_map& before, const row_map& after) {
    for (const auto& [key, row] : after) {
      CHECK(row.row.bucket == model::bucket_of(row.row.state, row.cancelled, row.heard));
      const auto earlier = before.find(key);
      if (earlier == before.end()) { continue; }
      const auto& then = earlier->second;
      CAPTURE(model::name_of(then.row.state));
      CAPTURE(model::name_of(row.row.state));
      if (then.row.state != row.row.state && then.removing == row.removing) {
        CHECK((!model::way(then.row.state, row.row.state).empty() || then.row.job != row.row.job));
      }
      if (then.row.job != row.row.job || !then.row.job_state || !row.row.job_state) { continue; }
      CAPTURE(model::name_of(*then.row.job_state));
      CAPTURE(model::name_of(*row.row.job_state));
      if (*then.row.job_state != *row.row.job_state) {
        CHECK_FALSE(model::way(*then.row.job_state, *row.row.job_state).empty());
      }
    }
    std::uint32_t targets = 0;
    for (const auto& package : packages_) {
      targets += (*site_.database().package(package))->row.targets;
    }
    const auto wished = std::count_if(after.begin(), after.end(),
                                      [](const auto& entry) { return !entry.second.removing; });
    CHECK(targets == static_cast<std::uint32_t>(wished));
  }

  enum class wish : std::uint8_t { there, held, whatever_comes };

  seeded_random random_;
  std::map<row_key, wish> wishes_;
  virtual_site site_;
  std::map<std::string, walked_node> nodes_;
  std::vector<model::package_id> packages_;
  std::vector<model::package_id> leaving_;
};

}  // namespace

// S1, S5, B24, B25, B26
TEST_CASE("10,000 random sequences of wishes and news never leave S1 and S5, and end as wished") {
  const char* const full = std::getenv("SLUICE_LONG");
  const int walks = full != nullptr && full == std::string_view("1") ? 2000 : 200;
  for (int seed = 1; seed <= walks; ++seed) {
    CAPTURE(seed);
    walk one(static_cast<std::uint64_t>(seed));
    for (int sequence = 0; sequence < 50; ++sequence) { one.run_sequence(); }
  }
}
