// The load of many distribution points on one site server: they are added, register, are sent
// packages and report, over real connections; the nodes themselves only say yes. Prints what it
// measured as one JSON object. bench/scale.py runs it.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "rpc/rpc.hpp"

using namespace sluice;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr int servers = 8;
constexpr int reporters = 4;
constexpr std::chrono::nanoseconds report_every =
    std::chrono::seconds(2);                            ///< of each distribution point
constexpr std::uint64_t package_bytes = 1'000'000'000;  ///< what reports say
constexpr auto probe_every = std::chrono::milliseconds(40);
constexpr auto call_deadline = std::chrono::minutes(5);
constexpr auto wait_deadline = std::chrono::minutes(10);  ///< of what the site is to have done
constexpr unsigned points_min = 10;  ///< every tenth one is probed, the others report

struct plan {
  std::string admin_socket;
  std::string management_point;
  std::string root;  ///< package folders: ROOT/p0, ROOT/p1, ...
  unsigned points = 0;
  unsigned packages = 0;
  unsigned spread = 0;  ///< packages that go to all points beforehand
  unsigned probes = 0;
};

[[noreturn]] void give_up(const std::string& what, const error& why) {
  std::fprintf(stderr, "site_load: %s: %s\n", what.c_str(), describe(why).c_str());
  std::exit(1);
}

template <typename T>
T need(const std::string& what, result<T> given) {
  if (!given) { give_up(what, given.error()); }
  return std::move(*given);
}

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}

/// Takes every notification, and knows every job.
class willing_node final : public rpc::control_service {
public:
  result<rpc::notify_answer> notify(const rpc::principal&, const model::notification&) override {
    return rpc::notify_answer::accepted;
  }
  result<rpc::poll_answer> poll(const rpc::principal&, model::job_id job) override {
    rpc::poll_answer answer;
    answer.known = true;
    answer.state.job = job;
    return answer;
  }
  result<rpc::cancel_outcome> cancel(const rpc::principal&, const rpc::job_cancel&) override {
    return rpc::cancel_outcome::unknown;
  }
  result<void> remove_content(const rpc::principal&, model::content_id) override { return {}; }
  result<rpc::page<model::content_id>> inventory(const rpc::principal&,
                                                 rpc::page_request) override {
    return rpc::page<model::content_id>{};
  }
  result<void> validate(const rpc::principal&, const rpc::validation_order&) override { return {}; }
  result<model::validation_row> validation_progress(const rpc::principal&,
                                                    model::cycle_id) override {
    return error{errc::not_found, 0, "show the cycle"};
  }
  result<model::byte_count> free_space(const rpc::principal&) override {
    return model::byte_count{package_bytes};
  }
  result<std::string> begin_push(const rpc::principal&, model::job_id,
                                 std::chrono::seconds) override {
    return error{errc::not_found, 0, "begin a push"};
  }
};

struct point {
  std::string name;
  model::node_id node;
  model::epoch_id epoch;
  std::uint64_t sequence = 0;
  model::distribution_row row;  ///< of the job that it reports of
  std::uint64_t bytes_done = 0;
};

rpc::report_batch next_report(point& of) {
  of.bytes_done = std::min(of.bytes_done + 1000, package_bytes - 1);
  model::state_message message;
  message.sequence = ++of.sequence;
  message.job = of.row.job.value_or(model::job_id{});
  message.content = {of.row.package, of.row.version};
  message.bytes_total = model::byte_count{package_bytes};
  message.bytes_done = model::byte_count{of.bytes_done};
  message.bytes_per_second = 1000;
  message.source = "site";
  return {of.node, of.epoch, {message}, {}};
}

class load {
public:
  explicit load(plan given) : plan_(std::move(given)) {
    admin_ = rpc::connect_admin({plan_.admin_socket, "", 0}, call_deadline);
  }
  void run();

private:
  std::unique_ptr<rpc::management_point_service> reporter() const {
    return rpc::connect_management_point(
        need("read the address", rpc::listen_address::parse(plan_.management_point)));
  }
  void start_nodes();
  void add_points();
  void add_packages();
  double send(unsigned package, bool only_plan);
  void find_jobs(const model::package_id& package);
  void wait_for_jobs(const model::package_id& package);
  void report(unsigned share, std::atomic<bool>& over, std::atomic<std::uint64_t>& count);
  std::vector<double> probe();
  void print(const std::string& name, double value) {
    std::printf("\"%s\": %.6f, ", name.c_str(), value);
  }

  plan plan_;
  std::unique_ptr<rpc::admin_service> admin_;
  willing_node node_;
  std::vector<std::unique_ptr<rpc::server>> servers_;
  std::vector<point> points_;
  std::vector<model::package_id> packages_;
};

void load::start_nodes() {
  rpc::offered_services offered;
  offered.control = &node_;
  for (int i = 0; i < servers; ++i) {
    servers_.push_back(need("listen", rpc::server::start({"", "127.0.0.1", 0}, offered)));
  }
}

void load::add_points() {
  const auto begin = clock_type::now();
  const auto said = reporter();
  for (unsigned i = 0; i < plan_.points; ++i) {
    point one;
    one.name = format("p{:05}", i);
    std::memcpy(one.node.bytes.data(), one.name.data(), one.name.size());
    one.epoch.bytes[0] = std::byte{1};
    rpc::distribution_point_request request;
    request.name = one.name;
    request.control_address = format("127.0.0.1:{}", servers_[i % servers]->port());
    request.mode = model::distribution_point_mode::pull;
    request.sources = std::vector<model::source_choice>{{"site", 1}};
    need("add " + one.name, admin_->distribution_point_add({}, request));
    rpc::registration here;
    here.name = one.name;
    here.node = one.node;
    here.epoch = one.epoch;
    here.content_address = "127.0.0.1:9";
    here.full_inventory = true;
    need("register " + one.name, said->register_node({}, here));
    points_.push_back(std::move(one));
  }
  print("add_and_register_seconds", seconds_since(begin));
}

void load::add_packages() {
  const auto begin = clock_type::now();
  for (unsigned i = 0; i < plan_.packages; ++i) {
    const std::string folder = format("{}/p{}", plan_.root, i);
    rpc::package_add_request request{folder, std::nullopt, format("package {}", i)};
    packages_.push_back(need("add " + folder, admin_->package_add({}, request)).id);
    rpc::distribute_request own{packages_.back(), {"site"}};
    need("send " + folder, admin_->distribute({}, own));
  }
  print("add_packages_seconds", seconds_since(begin));
}

double load::send(unsigned package, bool only_plan) {
  rpc::distribute_request request{packages_.at(package), {}};
  for (const point& one : points_) { request.distribution_points.push_back(one.name); }
  request.plan = only_plan;
  const auto begin = clock_type::now();
  const auto answer = need("distribute", admin_->distribute({}, request));
  const double took = seconds_since(begin);
  if (answer.started.size() != points_.size()) {
    give_up("distribute", error{errc::conflict, 0, "not all distribution points will get it"});
  }
  return took;
}

void load::find_jobs(const model::package_id& package) {
  std::map<std::string, model::distribution_row> rows;
  rpc::status_query query;
  query.package = package;
  while (true) {
    const auto page = need("ask for the status", admin_->status({}, query));
    for (const auto& row : page.rows) { rows[row.distribution_point] = row; }
    query.page.offset += static_cast<std::uint32_t>(page.rows.size());
    if (page.rows.empty() || query.page.offset >= page.total) { break; }
  }
  for (point& one : points_) { one.row = rows.at(one.name); }
}

/// Until each node has taken its notification of it.
void load::wait_for_jobs(const model::package_id& package) {
  const auto begun = [](const point& one) {
    return one.row.job_state == model::site_job_state::started;
  };
  const auto end = clock_type::now() + wait_deadline;
  do {
    if (clock_type::now() > end) {
      give_up("wait for the notifications of " + package.text(),
              error{errc::timed_out, 0, "not all of them were taken in time"});
    }
    find_jobs(package);
  } while (!std::all_of(points_.begin(), points_.end(), begun));
}

/// Its share of the distribution points, each in its turn; those of the probes are left out.
void load::report(unsigned share, std::atomic<bool>& over, std::atomic<std::uint64_t>& count) {
  const auto said = reporter();
  const std::chrono::nanoseconds pace =
      report_every / static_cast<long>(std::max<std::size_t>(points_.size() / reporters, 1));
  auto due = clock_type::now();
  while (!over) {
    for (std::size_t i = share; i < points_.size() && !over; i += reporters) {
      if (i % 10 == 0) { continue; }
      std::this_thread::sleep_until(due);  // tidy: bounded poll
      due = std::max(due + pace, clock_type::now());
      need("report", said->submit({}, next_report(points_[i])));
      ++count;
    }
  }
}

/// From the report of a node to the answer of `sluice status` that has it.
std::vector<double> load::probe() {
  const auto said = reporter();
  std::vector<double> seconds;
  auto due = clock_type::now();
  for (unsigned i = 0; i < plan_.probes; ++i) {
    point& one = points_[i * 10 % (points_.size() / 10 * 10)];
    rpc::status_query query;
    query.package = one.row.package;
    query.distribution_point = one.name;
    std::this_thread::sleep_until(due);  // tidy: bounded poll
    due += probe_every;
    const auto begin = clock_type::now();
    need("report", said->submit({}, next_report(one)));
    while (model::raw(need("ask", admin_->status({}, query)).rows.at(0).bytes_done) !=
           one.bytes_done) {
      if (clock_type::now() - begin > wait_deadline) {
        give_up("see the report of " + one.name, error{errc::timed_out, 0, "it did not show"});
      }
    }
    seconds.push_back(seconds_since(begin));
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

void load::run() {
  std::printf("{");
  start_nodes();
  add_points();
  add_packages();
  for (unsigned i = 0; i < plan_.spread; ++i) { send(i, false); }
  for (unsigned i = 0; i < plan_.spread; ++i) { wait_for_jobs(packages_[i]); }
  const unsigned fresh = plan_.packages - 1;
  print("plan_seconds", send(fresh, true));
  print("distribute_seconds", send(fresh, false));
  wait_for_jobs(packages_.at(fresh));
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> count{0};
  std::vector<std::thread> threads;
  for (unsigned share = 0; share < reporters; ++share) {
    threads.emplace_back([&, share] { report(share, over, count); });
  }
  const auto begin = clock_type::now();
  const auto seconds = probe();
  print("reports_per_second", static_cast<double>(count) / seconds_since(begin));
  over = true;
  for (std::thread& one : threads) { one.join(); }
  print("visible_seconds_median", seconds.at(seconds.size() / 2));
  print("visible_seconds_p99", seconds.at(seconds.size() * 99 / 100));
  std::printf("\"rows\": %zu}\n", points_.size() * (plan_.spread + 1) + packages_.size());
}

unsigned number(const char* text) {
  unsigned value = 0;
  const char* const end = text + std::strlen(text);
  if (std::from_chars(text, end, value).ptr != end) {
    std::fprintf(stderr, "site_load: %s is no number\n", text);
    std::exit(2);
  }
  return value;
}

}  // namespace

int main(int count, char** words) {
  if (count != 8) {
    std::fputs(
        "Usage: site_load ADMIN_SOCKET MANAGEMENT_POINT ROOT POINTS PACKAGES SPREAD PROBES\n",
        stderr);
    return 2;
  }
  const plan given{words[1],         words[2],         words[3],        number(words[4]),
                   number(words[5]), number(words[6]), number(words[7])};
  if (given.points < points_min || given.packages <= given.spread || given.probes == 0) {
    std::fprintf(stderr,
                 "site_load: POINTS is at least %u, PACKAGES more than SPREAD, PROBES at least 1\n",
                 points_min);
    return 2;
  }
  load(given).run();
  return 0;
}
