#include "actors/node_services.hpp"

#include <algorithm>

#include "actors/ask.hpp"

namespace sluice::actors {

node_services::node_services(caf::actor_system& system, node_parts parts,
                             distribution_point_actor target, content_validation_actor validation,
                             status_reporter_actor reporter, librarian_actor library,
                             std::string library_root)
    : system_(system),
      parts_(std::move(parts)),
      target_(std::move(target)),
      validation_(std::move(validation)),
      reporter_(std::move(reporter)),
      library_(std::move(library)),
      library_root_(std::move(library_root)) {}

std::optional<error> node_services::refusal(std::string_view doing) {
  const std::string why = parts_.orders->closed_because();
  if (why.empty()) { return std::nullopt; }
  if (reporter_) { caf::anon_send(reporter_, site_called{}); }
  return error{errc::limit_reached, 0, format("{}: {}", doing, why)};
}

result<rpc::notify_answer> node_services::notify(const rpc::principal&,
                                                 const model::notification& given) {
  if (const auto no = refusal("take " + given.content.text())) { return *no; }
  return ask<rpc::notify_answer>(system_, target_, given);
}

result<rpc::poll_answer> node_services::poll(const rpc::principal&, model::job_id job) {
  return ask<rpc::poll_answer>(system_, target_, poll_job{job});
}

result<rpc::cancel_outcome> node_services::cancel(const rpc::principal&,
                                                  const rpc::job_cancel& given) {
  if (const auto no = refusal("cancel a job")) { return *no; }
  return ask<rpc::cancel_outcome>(system_, target_,
                                  cancel_order{given.job, given.user, given.discard});
}

result<void> node_services::remove_content(const rpc::principal&, model::content_id content) {
  if (const auto no = refusal("remove " + content.text())) { return *no; }
  const auto answer =
      ask<done>(system_, target_, drop_content{content, storage::library_user::distribution_point});
  if (!answer) { return answer.error(); }
  return {};
}

result<rpc::page<model::content_id>> node_services::inventory(const rpc::principal&,
                                                              rpc::page_request asked) {
  if (const auto no = refusal("tell what is here")) { return *no; }
  rpc::page<model::content_id> page;
  const auto bit = static_cast<std::uint8_t>(storage::library_user::distribution_point);
  for (const storage::catalogue_entry& entry : parts_.catalogue->all()) {
    if ((entry.users & bit) == 0) { continue; }
    const std::uint32_t index = page.total++;
    if (index >= asked.offset && page.rows.size() < std::min(asked.rows, limits::list_page_rows)) {
      page.rows.push_back(entry.content);
    }
  }
  return page;
}

result<void> node_services::validate(const rpc::principal&, const rpc::validation_order& order) {
  if (const auto no = refusal("validate what is here")) { return *no; }
  const auto answer = ask<done>(system_, validation_, begin_validation{order, {}});
  if (!answer) { return answer.error(); }
  return {};
}

result<model::validation_row> node_services::validation_progress(const rpc::principal&,
                                                                 model::cycle_id cycle) {
  if (const auto no = refusal("tell of a validation")) { return *no; }
  return ask<model::validation_row>(system_, validation_, validation_question{cycle});
}

result<model::byte_count> node_services::free_space(const rpc::principal&) {
  const auto totals = ask<storage::content_library::totals>(system_, library_, count_library{});
  if (!totals) { return totals.error(); }
  return model::byte_count{totals->bytes_free};
}

result<std::string> node_services::begin_push(const rpc::principal&, model::job_id job,
                                              std::chrono::seconds patience) {
  if (const auto no = refusal("take a push")) { return *no; }
  return ask<std::string>(system_, target_, push_question{job, patience});
}

result<model::node_report> node_services::node_status(const rpc::principal&) {
  auto report = ask<model::node_report>(system_, target_, node_question{});
  if (!report) { return report; }
  report->site_reachable = true;
  if (reporter_) {
    const auto news = ask<reporter_answer>(system_, reporter_, reporter_question{});
    if (!news) { return news.error(); }
    report->site_reachable = news->site_reachable;
    report->outbox = news->undelivered;
    report->site_refused = news->site_refused;
  }
  return report;
}

result<model::why_report> node_services::node_why(const rpc::principal&,
                                                  model::package_id package) {
  return ask<model::why_report>(system_, target_, why_question{package});
}

result<model::adoption> node_services::node_adopt(const rpc::principal&) {
  if (!reporter_) {
    return error{errc::conflict, 0,
                 format("adopt a site: {} registers with none; [distribution_point] site says "
                        "with which",
                        parts_.name)};
  }
  const auto news = ask<reporter_answer>(system_, reporter_, reporter_question{});
  if (!news) { return news.error(); }
  if (!news->site_refused.empty()) {  // what the former site asked for is nobody's any more
    const auto aborted =
        ask<done>(system_, validation_, abort_validations{"the node moves to another site"});
    if (!aborted) { return aborted.error(); }
  }
  return ask<model::adoption>(system_, reporter_, adopt_site{});
}

result<model::library_report> node_services::node_library(const rpc::principal&) {
  const auto totals = ask<storage::content_library::totals>(system_, library_, count_library{});
  if (!totals) { return totals.error(); }
  model::library_report report;
  report.root = library_root_;
  report.contents = totals->contents;
  report.files = totals->files;
  report.bytes = totals->bytes;
  report.bytes_free = totals->bytes_free;
  for (const storage::catalogue_entry& entry : parts_.catalogue->all()) {
    if (report.content_ids.size() == limits::list_page_rows) { break; }
    report.content_ids.push_back(entry.content.text());
  }
  return report;
}

}  // namespace sluice::actors
