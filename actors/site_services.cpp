#include "actors/site_services.hpp"

#include <algorithm>

#include "actors/ask.hpp"
#include "actors/site_rules.hpp"

namespace sluice::actors {

namespace {

result<void> without_value(const result<done>& answer) {
  if (!answer) { return answer.error(); }
  return {};
}

template <typename Row>
result<rpc::page<Row>> as_page(result<storage::site_page<Row>> found) {
  if (!found) { return found.error(); }
  return rpc::page<Row>{std::move(found->rows), found->total};
}

std::uint32_t capped(std::uint32_t rows) { return std::min(rows, limits::list_page_rows); }

}  // namespace

site_services::site_services(caf::actor_system& system, site_actor site,
                             management_point_actor management_point,
                             std::unique_ptr<storage::site_database> reading,
                             std::shared_ptr<rpc::client_pool> clients, calendar_clock now)
    : system_(system),
      site_(std::move(site)),
      management_point_(std::move(management_point)),
      reading_(std::move(reading)),
      clients_(std::move(clients)),
      now_(std::move(now)) {}

/// Who asks how far the folder is hears of what the returned function is told.
result<site_services::listener> site_services::begin_addition(const std::string& folder) {
  const std::lock_guard lock(additions_->mutex);
  if (!additions_->running.emplace(folder, storage::snapshot_progress{}).second) {
    return error{errc::conflict, 0, format("read {}: that is under way already", escaped(folder))};
  }
  return listener([under_way = additions_, folder](storage::snapshot_progress progress) {
    const std::lock_guard inner(under_way->mutex);
    under_way->running[folder] = progress;
  });
}

void site_services::end_addition(const std::string& folder) {
  const std::lock_guard lock(additions_->mutex);
  additions_->running.erase(folder);
}

result<model::package_row> site_services::package_add(const rpc::principal& who,
                                                      const rpc::package_add_request& request) {
  auto progress = begin_addition(request.folder);
  if (!progress) { return progress.error(); }
  add_package mail{request, who.name, std::move(*progress)};
  auto answer = ask<model::package_row>(system_, site_, std::move(mail), caf::infinite);
  end_addition(request.folder);
  return answer;
}

result<rpc::package_add_progress> site_services::package_add_status(const rpc::principal&,
                                                                    const std::string& folder) {
  const std::lock_guard lock(additions_->mutex);
  const auto found = additions_->running.find(folder);
  if (found == additions_->running.end()) { return rpc::package_add_progress{}; }
  return rpc::package_add_progress{true, found->second.files, found->second.bytes};
}

result<rpc::page<model::package_row>> site_services::package_list(const rpc::principal&,
                                                                  rpc::page_request page) {
  const std::lock_guard lock(reading_mutex_);
  return as_page(reading_->packages(page.offset, capped(page.rows)));
}

result<model::package_row> site_services::package_show(const rpc::principal&,
                                                       model::package_id id) {
  const std::lock_guard lock(reading_mutex_);
  auto found = reading_->package(id);
  if (!found) { return found.error(); }
  if (!*found) {
    return error{errc::not_found, 0,
                 format("show package {}: there is none; see sluice package list", id.text())};
  }
  return (*found)->row;
}

result<model::package_row> site_services::package_set(const rpc::principal& who,
                                                      const rpc::package_set_request& request) {
  return ask<model::package_row>(system_, site_, set_package{request, who.name});
}

result<rpc::package_update_answer> site_services::package_update(const rpc::principal& who,
                                                                 model::package_id id) {
  auto row = package_show(who, id);
  if (!row) { return row.error(); }
  const std::string folder = row->source_path;
  auto progress = begin_addition(folder);
  if (!progress) { return progress.error(); }
  auto answer = ask<rpc::package_update_answer>(
      system_, site_, update_package{id, who.name, std::move(*progress)}, caf::infinite);
  end_addition(folder);
  return answer;
}

result<void> site_services::package_remove(const rpc::principal& who, model::package_id id) {
  return without_value(ask<done>(system_, site_, remove_package{id, who.name}, caf::infinite));
}

result<model::distribution_point_row> site_services::distribution_point_add(
    const rpc::principal& who, const rpc::distribution_point_request& request) {
  return ask<model::distribution_point_row>(system_, site_,
                                            change_distribution_point{request, true, who.name});
}

result<model::distribution_point_row> site_services::distribution_point_set(
    const rpc::principal& who, const rpc::distribution_point_request& request) {
  return ask<model::distribution_point_row>(system_, site_,
                                            change_distribution_point{request, false, who.name});
}

result<rpc::page<model::distribution_point_row>> site_services::distribution_point_list(
    const rpc::principal&, rpc::page_request page) {
  const std::lock_guard lock(reading_mutex_);
  return as_page(reading_->distribution_points(page.offset, capped(page.rows)));
}

result<model::distribution_point_row> site_services::distribution_point_show(
    const rpc::principal&, const std::string& name) {
  const std::lock_guard lock(reading_mutex_);
  auto found = reading_->distribution_point(name, storage::site_database::numbers::counted);
  if (!found) { return found.error(); }
  if (!*found) {
    return error{
        errc::not_found, 0,
        format("show distribution point {}: there is none; see sluice dp list", escaped(name))};
  }
  return (*found)->row;
}

/// D1. A candidate serves the site's own content, or pulls it, and makes no ring.
result<std::vector<model::source_candidate>> site_services::distribution_point_candidates(
    const rpc::principal&, const std::string& name) {
  const std::lock_guard lock(reading_mutex_);
  auto points = reading_->all_distribution_points();
  if (!points) { return points.error(); }
  const auto failed = reading_->failed_packages();
  if (!failed) { return failed.error(); }
  std::vector<model::distribution_point_row> rows;
  for (auto& point : *points) {
    const auto count = failed->find(point.row.name);
    if (count != failed->end()) { point.row.failed = count->second; }
    rows.push_back(std::move(point.row));
  }
  auto found = source_candidates_of(rows, name, source_protocols_, now_());
  if (!found) {
    return error{
        errc::not_found, 0,
        format("list candidates for {}: there is no such distribution point; see sluice dp list",
               escaped(name))};
  }
  return std::move(*found);
}

result<void> site_services::distribution_point_remove(const rpc::principal& who,
                                                      const std::string& name, bool keep_content) {
  return without_value(
      ask<done>(system_, site_, remove_distribution_point{name, who.name, keep_content}));
}

result<rpc::distribute_answer> site_services::distribute(const rpc::principal& who,
                                                         const rpc::distribute_request& request) {
  return ask<rpc::distribute_answer>(system_, site_, distribute_package{request, who.name});
}

result<rpc::group_answer> site_services::group_change(const rpc::principal& who,
                                                      const rpc::group_request& request) {
  return ask<rpc::group_answer>(system_, site_, change_group{request, who.name});
}

result<rpc::page<model::group_row>> site_services::group_list(const rpc::principal&,
                                                              rpc::page_request page) {
  const std::lock_guard lock(reading_mutex_);
  return as_page(reading_->groups(page.offset, capped(page.rows)));
}

result<model::group_row> site_services::group_show(const rpc::principal&, const std::string& name) {
  const std::lock_guard lock(reading_mutex_);
  auto found = reading_->group(name);
  if (!found) { return found.error(); }
  if (!*found) {
    return error{errc::not_found, 0,
                 format("show group {}: there is none; see sluice group list", escaped(name))};
  }
  return **found;
}

result<rpc::page<model::group_status_row>> site_services::group_status(const rpc::principal& who,
                                                                       const std::string& name,
                                                                       rpc::page_request page) {
  const auto known = group_show(who, name);
  if (!known) { return known.error(); }
  const std::lock_guard lock(reading_mutex_);
  return as_page(reading_->group_status(name, page.offset, capped(page.rows)));
}

result<rpc::cancel_answer> site_services::cancel(const rpc::principal& who,
                                                 const rpc::cancel_request& request) {
  return ask<rpc::cancel_answer>(system_, site_, cancel_package{request, who.name});
}

result<rpc::page<model::distribution_row>> site_services::status(const rpc::principal& who,
                                                                 const rpc::status_query& query) {
  auto rows = [&] {
    const std::lock_guard lock(reading_mutex_);
    return as_page(reading_->distributions(query.package, query.distribution_point,
                                           query.page.offset, capped(query.page.rows)));
  }();
  if (!rows || rows->total > 0) { return rows; }
  // A package that is being removed has rows only. Without any, what was named may not exist.
  if (query.package) {
    const auto known = package_show(who, *query.package);
    if (!known) { return known.error(); }
  }
  if (query.distribution_point) {
    const auto known = distribution_point_show(who, *query.distribution_point);
    if (!known) { return known.error(); }
  }
  return rows;
}

result<model::distribution_row> site_services::job_show(const rpc::principal&, model::job_id job) {
  const std::lock_guard lock(reading_mutex_);
  auto found = reading_->distribution_of(job);
  if (!found) { return found.error(); }
  if (!*found) {
    return error{errc::not_found, 0,
                 format("show job {}: there is none; see sluice job list", job.text())};
  }
  return (*found)->row;
}

result<rpc::page<model::message_row>> site_services::messages(const rpc::principal&,
                                                              rpc::page_request page) {
  const std::lock_guard lock(reading_mutex_);
  return as_page(reading_->messages(page.offset, capped(page.rows)));
}

result<rpc::validation_begun> site_services::validation_begin(
    const rpc::principal&, const rpc::validation_request& request) {
  return ask<rpc::validation_begun>(system_, site_, begin_validations{request},
                                    caf::duration{limits::validation_begin_deadline});
}

result<rpc::page<model::validation_row>> site_services::validation_show(const rpc::principal&,
                                                                        model::cycle_id cycle,
                                                                        rpc::page_request page) {
  page.rows = capped(page.rows);
  return ask<validation_rows>(system_, site_, show_validation{cycle, page});
}

result<rpc::registration_answer> site_services::register_node(const rpc::principal&,
                                                              const rpc::registration& given) {
  return ask<rpc::registration_answer>(system_, management_point_, given);
}

result<rpc::heartbeat_answer> site_services::heartbeat(const rpc::principal&,
                                                       const rpc::heartbeat_request& given) {
  rpc::heartbeat_request told{given.node, given.epoch, given.jobs_open, given.usage};
  if (given.contact) { told.contact.emplace(); }  // what was answered is nobody's but the pool's
  auto answer = ask<rpc::heartbeat_answer>(system_, management_point_, std::move(told));
  if (answer && answer->known && given.contact) {
    answer->command = clients_->attend(given.node, *given.contact);
  }
  return answer;
}

result<std::uint64_t> site_services::submit(const rpc::principal&, const rpc::report_batch& batch) {
  return ask<std::uint64_t>(system_, management_point_, batch);
}

}  // namespace sluice::actors
