#pragma once

#include <atomic>
#include <sstream>
#include <string>
#include <vector>

#include "apps/cli.hpp"

namespace sluice::cli::testing {

inline constexpr model::calendar_time noon{std::chrono::milliseconds{1'800'000'000'000}};

inline model::package_id package(std::string_view text = "PKG00012") {
  return model::package_id::parse(text).value();
}

inline model::package_row package_row() {
  model::package_row row;
  row.id = package();
  row.name = "boost headers";
  row.source_path = "/srv/boost";
  row.version = 3;
  row.files = 14000;
  row.bytes = model::byte_count{150 * limits::mib};
  row.created = noon - std::chrono::minutes{3};
  return row;
}

inline model::distribution_point_row point_row(std::string name = "dp2") {
  model::distribution_point_row row;
  row.name = std::move(name);
  row.control_address = "127.0.0.1:8603";
  row.content_address = "127.0.0.1:8600";
  row.sources = {{"dp1", 1}, {"site", 2}};
  row.node.emplace();
  row.last_heard = noon - std::chrono::seconds{5};
  row.contents = 7;
  row.jobs = 1;
  return row;
}

inline model::distribution_row moving_row(std::string point = "dp2") {
  model::distribution_row row;
  row.package = package();
  row.version = 3;
  row.distribution_point = std::move(point);
  row.bucket = model::console_bucket::in_progress;
  row.job.emplace();
  row.job_state = model::site_job_state::in_progress;
  row.percent = 45;
  row.bytes_total = model::byte_count{2 * limits::gib};
  row.bytes_done = model::byte_count{limits::gib};
  row.bytes_per_second = 512 * limits::mib;
  row.remaining = std::chrono::seconds{2};
  row.source = "dp1";
  row.changed = noon;
  return row;
}

inline model::distribution_row ended_row(model::console_bucket bucket, std::string point = "dp2") {
  model::distribution_row row = moving_row(std::move(point));
  row.bucket = bucket;
  const bool success = bucket == model::console_bucket::success;
  row.state = success ? model::package_state::installed : model::package_state::install_failed;
  row.percent = success ? 100 : 45;
  row.bytes_per_second = 0;
  row.remaining.reset();
  row.source.clear();
  row.reason = success ? "" : "every source lacks it";
  return row;
}

inline model::validation_row validated_row(std::string point = "dp2") {
  model::validation_row row;
  row.distribution_point = std::move(point);
  row.state = model::validation_state::complete;
  row.contents = row.contents_done = row.passed = 7;
  row.files = 4711;
  row.bytes_total = row.bytes_done = model::byte_count{2 * limits::gib};
  return row;
}

inline model::validation_row validating_row(std::string point = "dp2") {
  model::validation_row row = validated_row(std::move(point));
  row.state = model::validation_state::running;
  row.contents_done = row.passed = 3;
  row.bytes_done = model::byte_count{limits::gib};
  row.bytes_per_second = 512 * limits::mib;
  row.remaining = std::chrono::seconds{2};
  return row;
}

inline model::why_report why_report() {
  model::why_report report;
  report.subject = "PKG00012.3 on dp2";
  report.doing = "waits for a source";
  report.since = noon - std::chrono::minutes{10};
  report.next = "asks all sources again";
  report.next_time = noon + std::chrono::minutes{20};
  report.unblock = "start dp1 or site";
  report.sources = {{"dp1", 1, "refused the connection"}, {"site", 2, "lacks it"}};
  return report;
}

/// A site of canned answers; remembers what it was asked.
class fake_site final : public rpc::admin_service {
public:
  std::vector<std::string> asked;
  std::optional<error> failure;  ///< every call ends with it
  std::vector<model::package_row> packages{package_row()};
  std::vector<model::distribution_point_row> points{point_row()};
  std::vector<std::vector<model::distribution_row>> statuses{{moving_row()}};  ///< one a call
  std::vector<model::message_row> newest_messages;
  rpc::distribute_answer distributed{{"dp2"}, {"dp3"}, {"dp2: none of its sources holds it"}};
  rpc::validation_begun validation{{}, {"dp2"}, {}, {}};
  rpc::validation_request validation_request;
  std::vector<std::vector<model::validation_row>> validation_rows{
      {validated_row()}};  ///< one a call
  rpc::package_add_request add_request;
  std::string progress_folder;
  rpc::distribution_point_request point_request;
  rpc::distribute_request distribute_request;
  std::atomic<int> add_waits_for_questions = 0;  ///< package_add lasts until so many were asked
  std::atomic<int> add_questions = 0;
  std::uint32_t rows_per_page = 500;

  result<model::package_row> package_add(const rpc::principal&,
                                         const rpc::package_add_request& request) override {
    add_request = request;
    for (int seen = add_questions; seen < add_waits_for_questions; seen = add_questions) {
      add_questions.wait(seen);
    }
    return answer("package_add", package_row());
  }
  result<rpc::package_add_progress> package_add_status(const rpc::principal&,
                                                       const std::string& folder) override {
    const int now = ++add_questions;
    add_questions.notify_all();
    progress_folder = folder;
    return rpc::package_add_progress{true, static_cast<std::uint64_t>(now) * 100,
                                     static_cast<std::uint64_t>(now) * limits::mib};
  }
  result<rpc::page<model::package_row>> package_list(const rpc::principal&,
                                                     rpc::page_request wanted) override {
    return answer("package_list", page_of(packages, wanted));
  }
  result<model::package_row> package_show(const rpc::principal&, model::package_id id) override {
    return answer("package_show " + id.text(), packages.front());
  }
  result<void> package_remove(const rpc::principal&, model::package_id id) override {
    return answer("package_remove " + id.text());
  }
  result<model::distribution_point_row> distribution_point_add(
      const rpc::principal&, const rpc::distribution_point_request& request) override {
    point_request = request;
    return answer("distribution_point_add " + request.name, points.front());
  }
  result<model::distribution_point_row> distribution_point_set(
      const rpc::principal&, const rpc::distribution_point_request& request) override {
    point_request = request;
    return answer("distribution_point_set " + request.name, points.front());
  }
  result<rpc::page<model::distribution_point_row>> distribution_point_list(
      const rpc::principal&, rpc::page_request wanted) override {
    return answer("distribution_point_list", page_of(points, wanted));
  }
  result<model::distribution_point_row> distribution_point_show(const rpc::principal&,
                                                                const std::string& name) override {
    return answer("distribution_point_show " + name, points.front());
  }
  result<void> distribution_point_remove(const rpc::principal&, const std::string& name) override {
    return answer("distribution_point_remove " + name);
  }
  result<rpc::distribute_answer> distribute(const rpc::principal&,
                                            const rpc::distribute_request& request) override {
    distribute_request = request;
    return answer("distribute", distributed);
  }
  result<rpc::page<model::distribution_row>> status(const rpc::principal&,
                                                    const rpc::status_query& query) override {
    const std::size_t call = std::min(status_calls_, statuses.size() - 1);
    ++status_calls_;
    return answer("status", page_of(statuses[call], query.page));
  }
  result<model::distribution_row> job_show(const rpc::principal&, model::job_id id) override {
    return answer("job_show " + id.text(), statuses.front().front());
  }
  result<model::why_report> why(const rpc::principal&, model::package_id id,
                                const std::string& point) override {
    return answer("why " + id.text() + " " + point, why_report());
  }
  result<rpc::page<model::message_row>> messages(const rpc::principal&,
                                                 rpc::page_request wanted) override {
    return answer("messages", page_of(newest_messages, wanted));
  }
  result<rpc::validation_begun> validation_begin(const rpc::principal&,
                                                 const rpc::validation_request& request) override {
    validation_request = request;
    return answer("validation_begin", validation);
  }
  result<rpc::page<model::validation_row>> validation_show(const rpc::principal&,
                                                           model::cycle_id cycle,
                                                           rpc::page_request wanted) override {
    const std::size_t call = std::min(show_calls_, validation_rows.size() - 1);
    ++show_calls_;
    return answer("validation_show " + cycle.text(), page_of(validation_rows[call], wanted));
  }

private:
  template <typename T>
  result<T> answer(std::string call, T value) {
    asked.push_back(std::move(call));
    if (failure) { return *failure; }
    return value;
  }
  result<void> answer(std::string call) {
    asked.push_back(std::move(call));
    if (failure) { return *failure; }
    return {};
  }
  template <typename Row>
  rpc::page<Row> page_of(const std::vector<Row>& rows, rpc::page_request wanted) const {
    rpc::page<Row> made;
    made.total = static_cast<std::uint32_t>(rows.size());
    const std::uint32_t size = std::min(wanted.rows, rows_per_page);
    for (std::size_t i = wanted.offset; i < rows.size() && made.rows.size() < size; ++i) {
      made.rows.push_back(rows[i]);
    }
    return made;
  }

  std::size_t status_calls_ = 0;
  std::size_t show_calls_ = 0;
};

class fake_node final : public rpc::node_service {
public:
  result<model::node_report> node_status(const rpc::principal&) override {
    model::node_report report;
    report.name = "dp2";
    report.version = "0.1.0";
    report.site_address = "127.0.0.1:8601";
    report.site_reachable = true;
    report.jobs.emplace_back().content = {package(), 3};
    return report;
  }
  result<model::why_report> node_why(const rpc::principal&, model::package_id) override {
    return testing::why_report();
  }
  result<model::library_report> node_library(const rpc::principal&) override {
    return model::library_report{"/srv/library",    1,           14000,
                                 150 * limits::mib, limits::gib, {"PKG00012.3"}};
  }
};

struct outcome {
  int code = 0;
  std::string output;
  std::string error_output;
};

/// `sluice` with these services, in a pipe or on a terminal, at noon; each pause is a second.
struct stage {
  fake_site site;
  fake_node node;
  bool terminal = false;
  bool colour = false;
  int pauses_max = 1000;
  std::string socket;  ///< the last one that was connected to

  outcome run(const std::vector<std::string>& arguments) {
    std::ostringstream output;
    std::ostringstream error_output;
    int pauses = 0;
    const auto keep = [](auto*) {};
    const world outside{output,
                        error_output,
                        terminal,
                        terminal,
                        colour,
                        "/srv/me",
                        [&](const std::string& path, std::chrono::milliseconds) {
                          socket = path;
                          return std::shared_ptr<rpc::admin_service>(&site, keep);
                        },
                        [&](const std::string& path, std::chrono::milliseconds) {
                          socket = path;
                          return std::shared_ptr<rpc::node_service>(&node, keep);
                        },
                        [&] { return noon + std::chrono::seconds{pauses}; },
                        [&](std::chrono::milliseconds) { return ++pauses < pauses_max; }};
    const int code = run_cli(arguments, outside);
    return {code, output.str(), error_output.str()};
  }
};

}  // namespace sluice::cli::testing
