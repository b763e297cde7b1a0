#include "apps/cli_json.hpp"

#include <nlohmann/json.hpp>

namespace sluice::cli {

namespace {

using nlohmann::ordered_json;

/// ASCII only; bytes that are not UTF-8 become U+FFFD.
std::string dumped(const ordered_json& value) {
  return value.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

template <typename T>
ordered_json id_or_null(const std::optional<T>& id) {
  return id ? ordered_json(id->text()) : ordered_json();
}
ordered_json time_or_null(const std::optional<model::calendar_time>& time) {
  return time ? ordered_json(model::iso_time(*time)) : ordered_json();
}

std::uint64_t number(model::byte_count count) { return model::raw(count); }

}  // namespace

json_item json_of(const model::package_row& row) {
  return {dumped({{"id", row.id.text()},
                  {"name", row.name},
                  {"source_path", row.source_path},
                  {"version", row.version},
                  {"files", row.files},
                  {"bytes", number(row.bytes)},
                  {"manifest_hash", row.manifest_hash.hex()},
                  {"created", model::iso_time(row.created)},
                  {"targets", row.targets},
                  {"priority", model::name_of(row.priority)}})};
}

json_item json_of(const model::distribution_point_row& row) {
  ordered_json sources = ordered_json::array();
  for (const model::source_choice& source : row.sources) {
    sources.push_back(ordered_json{{"name", source.name}, {"priority", source.priority}});
  }
  ordered_json usage = ordered_json::array();
  for (const model::usage_window& window : row.usage) {
    usage.push_back(ordered_json{{"days", window.days},
                                 {"clients", window.clients},
                                 {"distribution_points", window.distribution_points},
                                 {"client_bytes", window.client_bytes},
                                 {"distribution_point_bytes", window.distribution_point_bytes}});
  }
  return {dumped({{"name", row.name},
                  {"control_address", row.control_address},
                  {"content_address", row.content_address},
                  {"mode", name_of(row.mode)},
                  {"own", row.own},
                  {"sources", sources},
                  {"schedule", model::text_of(row.schedule)},
                  {"rate_limit", model::text_of(row.limit)},
                  {"pacing_active", row.mode == model::distribution_point_mode::standard},
                  {"node", id_or_null(row.node)},
                  {"last_heard", time_or_null(row.last_heard)},
                  {"maintenance", row.maintenance},
                  {"prestaged", row.prestaged},
                  {"leaving", row.leaving},
                  {"contents", row.contents},
                  {"jobs", row.jobs},
                  {"failed", row.failed},
                  {"retrying", row.retrying},
                  {"usage", usage},
                  {"usage_changed", time_or_null(row.usage_changed)}})};
}

json_item json_of_usage(const model::distribution_point_row& row, std::uint32_t days,
                        const std::optional<model::usage_window>& of) {
  ordered_json made{{"distribution_point", row.name}, {"days", days}};
  const auto add = [&](const char* name, auto number) {
    made[name] = of ? ordered_json(number(*of)) : ordered_json();
  };
  using window = model::usage_window;
  add("accessed", [](const window& one) { return one.accessed(); });
  add("clients", [](const window& one) { return one.clients; });
  add("distribution_points", [](const window& one) { return one.distribution_points; });
  add("bytes", [](const window& one) { return one.bytes(); });
  add("client_bytes", [](const window& one) { return one.client_bytes; });
  add("distribution_point_bytes", [](const window& one) { return one.distribution_point_bytes; });
  made["changed"] = time_or_null(row.usage_changed);
  made["last_heard"] = time_or_null(row.last_heard);
  return {dumped(made)};
}

json_item json_of(const model::setting_row& row) {
  return {dumped({{"name", row.name}, {"value", row.value}, {"origin", row.origin}})};
}

json_item json_of(const model::source_candidate& row) {
  return {dumped({{"name", row.name}, {"qualified", row.qualified}, {"reason", row.reason}})};
}

json_item json_of(const model::distribution_row& row) {
  return {dumped(
      {{"package", row.package.text()},
       {"version", row.version},
       {"distribution_point", row.distribution_point},
       {"bucket", model::name_of(row.bucket)},
       {"state", model::name_of(row.state)},
       {"job", id_or_null(row.job)},
       {"package_status", model::name_of(model::status_of(row.state, row.job_state))},
       {"job_state", row.job_state ? ordered_json(model::name_of(*row.job_state)) : ordered_json()},
       {"percent", row.percent},
       {"bytes_total", number(row.bytes_total)},
       {"bytes_done", number(row.bytes_done)},
       {"bytes_transferred", number(row.bytes_transferred)},
       {"pieces_verified", row.pieces_verified},
       {"bytes_per_second", row.bytes_per_second},
       {"remaining", row.remaining ? ordered_json(row.remaining->count()) : ordered_json()},
       {"source", row.source},
       {"tries_left", row.tries_left},
       {"next_try", time_or_null(row.next_try)},
       {"reason", row.reason},
       {"changed", model::iso_time(row.changed)}})};
}

json_item json_of(const model::why_report& report) {
  ordered_json sources = ordered_json::array();
  for (const model::why_source& source : report.sources) {
    sources.push_back(ordered_json{
        {"name", source.name}, {"priority", source.priority}, {"verdict", source.verdict}});
  }
  return {dumped({{"subject", report.subject},
                  {"doing", report.doing},
                  {"since", time_or_null(report.since)},
                  {"next", report.next},
                  {"next_time", time_or_null(report.next_time)},
                  {"unblock", report.unblock},
                  {"sources", sources}})};
}

json_item json_of(const model::message_row& row) {
  const model::catalogue_row* known = model::find_in_catalogue(row.message.id);
  ordered_json made{{"id", row.message.id}, {"time", model::iso_time(row.message.time)}};
  made["severity"] =
      known == nullptr ? ordered_json() : ordered_json(model::name_of(known->severity));
  made["component"] =
      known == nullptr ? ordered_json() : ordered_json(model::name_of(known->component));
  made["type"] = known == nullptr ? ordered_json() : ordered_json(model::name_of(known->type));
  made["site"] = row.site;
  made["system"] = row.system;
  made["sequence"] = row.message.sequence;
  made["insertions"] = row.message.insertions;
  made["text"] = model::sentence_of(row.message);
  return {dumped(made)};
}

json_item json_of(const model::catalogue_row& row) {
  return {dumped({{"id", row.id},
                  {"severity", model::name_of(row.severity)},
                  {"component", model::name_of(row.component)},
                  {"type", model::name_of(row.type)},
                  {"insertions", row.insertions},
                  {"sentence", row.sentence}})};
}

json_item json_of(const model::library_report& report) {
  return {dumped({{"root", report.root},
                  {"contents", report.contents},
                  {"files", report.files},
                  {"bytes", report.bytes},
                  {"bytes_free", report.bytes_free},
                  {"content_ids", report.content_ids}})};
}

json_item json_of(const model::node_report& report) {
  ordered_json jobs = ordered_json::array();
  for (const model::node_job_row& row : report.jobs) {
    jobs.push_back(ordered_json{
        {"job", row.job.text()},
        {"content", row.content.text()},
        {"state", model::name_of(row.state)},
        {"transfer", model::name_of(model::transfer_of(row.state, row.waits_for_turn))},
        {"bytes_total", number(row.bytes_total)},
        {"bytes_done", number(row.bytes_done)},
        {"bytes_per_second", row.bytes_per_second},
        {"source", row.source},
        {"reason", row.reason}});
  }
  return {dumped({{"name", report.name},
                  {"node", report.node.text()},
                  {"version", report.version},
                  {"site_address", report.site_address},
                  {"site_reachable", report.site_reachable},
                  {"site_refused", report.site_refused},
                  {"outbox", report.outbox},
                  {"jobs", jobs}})};
}

json_item json_of(const model::adoption& report) {
  return {dumped({{"site", report.site},
                  {"site_address", report.site_address},
                  {"contents", report.contents},
                  {"reports_dropped", report.reports}})};
}

json_item json_of(const rpc::distribute_answer& given) {
  return {dumped({{"started", given.started},
                  {"had_it", given.had_it},
                  {"warnings", given.warnings},
                  {"refused", given.refused},
                  {"files", given.files},
                  {"bytes", given.bytes}})};
}

json_item json_of(const rpc::package_update_answer& given) {
  return {dumped({{"package", given.row.id.text()},
                  {"version", given.row.version},
                  {"changed", given.changed},
                  {"files", given.row.files},
                  {"bytes", number(given.row.bytes)},
                  {"files_new", given.files_new},
                  {"bytes_new", given.bytes_new},
                  {"started", given.sent.started},
                  {"warnings", given.sent.warnings}})};
}

json_item json_of(const model::group_row& row) {
  ordered_json packages = ordered_json::array();
  for (const model::package_id& package : row.packages) { packages.push_back(package.text()); }
  return {dumped({{"name", row.name},
                  {"members", row.members},
                  {"packages", packages},
                  {"members_total", row.members_total},
                  {"packages_total", row.packages_total}})};
}

json_item json_of(const model::group_status_row& row) {
  return {dumped({{"package", row.package.text()},
                  {"success", row.success},
                  {"in_progress", row.in_progress},
                  {"unknown", row.unknown},
                  {"failed", row.failed}})};
}

json_item json_of(const rpc::cancel_answer& given) {
  return {dumped({{"cancelled", given.cancelled},
                  {"requested", given.requested},
                  {"too_late", given.too_late},
                  {"discarding", given.discarding},
                  {"nothing", given.nothing}})};
}

json_item json_of(const rpc::validation_begun& given) {
  return {dumped({{"cycle", given.cycle.text()},
                  {"began", given.began},
                  {"unreachable", given.unreachable},
                  {"warnings", given.warnings}})};
}

json_item json_of(const model::validation_row& row) {
  return {
      dumped({{"distribution_point", row.distribution_point},
              {"state", model::name_of(row.state)},
              {"contents", row.contents},
              {"contents_done", row.contents_done},
              {"passed", row.passed},
              {"failed", row.failed},
              {"mismatched", row.mismatched},
              {"files", row.files},
              {"bytes_total", number(row.bytes_total)},
              {"bytes_done", number(row.bytes_done)},
              {"bytes_per_second", row.bytes_per_second},
              {"remaining", row.remaining ? ordered_json(row.remaining->count()) : ordered_json()},
              {"findings", row.findings},
              {"reason", row.reason}})};
}

json_item json_text(std::string_view name, std::string_view value) {
  ordered_json made = ordered_json::object();
  made[std::string(name)] = value;
  return {dumped(made)};
}

std::string json_answer(std::string_view status, int code, const std::vector<json_item>& items) {
  std::string all;
  for (const json_item& item : items) { all += (all.empty() ? "" : ",") + item.text; }
  return format("{{\"status\":{},\"code\":{},\"items\":[{}]}}", dumped(status), code, all);
}

std::string json_failure(int code, std::string_view error_name, std::string_view message) {
  return dumped({{"status", "error"},
                 {"code", code},
                 {"error", error_name},
                 {"message", message},
                 {"items", ordered_json::array()}});
}

}  // namespace sluice::cli
