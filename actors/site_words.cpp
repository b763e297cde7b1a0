#include "actors/site_words.hpp"

#include "actors/site_rules.hpp"

namespace sluice::actors {

namespace {

constexpr std::uint8_t percent_step = 25;

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) { text += (text.empty() ? "" : ", ") + item; }
  return text;
}

std::string text_of(const std::vector<model::source_choice>& sources) {
  std::vector<std::string> items;
  for (const auto& choice : sources) {
    items.push_back(format("{}:{}", choice.name, choice.priority));
  }
  return joined(items);
}

std::string on_or_off(bool value) { return value ? "on" : "off"; }

/// Settings with their old and their new value.
class changes {
public:
  changes(std::string of, std::string admin) : of_(std::move(of)), admin_(std::move(admin)) {}
  void note(const std::string& setting, const std::string& before, const std::string& after) {
    if (before == after) { return; }
    said_.push_back({3306,
                     {of_ + setting, before.empty() ? "(default)" : before,
                      after.empty() ? "(none)" : after, admin_}});
  }
  std::vector<site_message> take() && { return std::move(said_); }

private:
  std::string of_;
  std::string admin_;
  std::vector<site_message> said_;
};

}  // namespace

std::vector<site_message> words_of(const storage::site_distribution& before,
                                   const storage::site_distribution& after) {
  const model::distribution_row& shown = after.row;
  const std::string package = shown.package.text();
  const std::string& name = shown.distribution_point;
  std::vector<site_message> said;
  if (is_installed(after)) {
    if (is_installed(before)) { return said; }
    said.push_back({8200, {package, name, format("{}", model::raw(shown.bytes_transferred))}});
    if (before.redistribute) { said.push_back({2303, {package, name}}); }
    said.push_back({2330, {package, format("{}", shown.version), name}});
    return said;
  }
  if (is_over(after)) {
    if (!is_over(before)) { said.push_back({8203, {package, name, shown.reason}}); }
    return said;
  }
  constexpr auto prestage = model::job_state::waiting_prestage;
  if (after.node_state == prestage && before.node_state != prestage) {
    said.push_back({2371, {package, name}});
  }
  const bool begins = job_is_open(after) && before.row.job_state != shown.job_state;
  if (begins || shown.percent / percent_step > before.row.percent / percent_step) {
    said.push_back({8204, {package, name, format("{}", shown.percent)}});
  }
  return said;
}

std::vector<site_message> words_of(const std::optional<model::distribution_point_row>& before,
                                   const model::distribution_point_row& after,
                                   const std::string& admin) {
  changes found(format("distribution point {} ", after.name), admin);
  const model::distribution_point_row none;
  const model::distribution_point_row& then = before ? *before : none;
  found.note("address", then.control_address, after.control_address);
  found.note("mode", before ? std::string(model::name_of(then.mode)) : "",
             std::string(model::name_of(after.mode)));
  found.note("sources", text_of(then.sources), text_of(after.sources));
  found.note("schedule", model::text_of(then.schedule), model::text_of(after.schedule));
  found.note("rate limit", model::text_of(then.limit), model::text_of(after.limit));
  found.note("maintenance", on_or_off(then.maintenance), on_or_off(after.maintenance));
  found.note("prestaged", on_or_off(then.prestaged), on_or_off(after.prestaged));
  return std::move(found).take();
}

std::vector<site_message> words_of(const std::optional<model::group_row>& before,
                                   const model::group_row& after, const std::string& admin) {
  changes found(format("group {} ", after.name), admin);
  found.note("members", before ? joined(before->members) : "", joined(after.members));
  return std::move(found).take();
}

std::vector<site_message> words_of(const model::package_row& before,
                                   const model::package_row& after, const std::string& admin) {
  changes found(format("package {} ", after.id.text()), admin);
  found.note("priority", std::string(model::name_of(before.priority)),
             std::string(model::name_of(after.priority)));
  found.note("name", before.name, after.name);
  return std::move(found).take();
}

std::vector<site_message> words_of(const site_policy& before, const site_policy& after) {
  changes found("", "the configuration file");
  const auto number = [&](const char* setting, auto then, auto now) {
    found.note(setting, format("{}", then), format("{}", now));
  };
  const auto& then = before.distribution;
  const auto& now = after.distribution;
  found.note("source_roots", joined(before.source_roots), joined(after.source_roots));
  number("anonymous_access", before.anonymous_access, after.anonymous_access);
  number("maximum_number_of_packages", then.push_packages, now.push_packages);
  number("maximum_threads_per_package", then.push_threads, now.push_threads);
  number("retry_settings number_of_retries", then.retry.number, now.retry.number);
  number("retry_settings delay_before_retrying_minutes", then.retry.delay.count(),
         now.retry.delay.count());
  number("status_polling_settings number_of_polls", then.polling.number, now.polling.number);
  number("status_polling_settings delay_before_retrying_minutes", then.polling.delay.count(),
         now.polling.delay.count());
  number("content_availability_check_minutes", then.content_availability_check.count(),
         now.content_availability_check.count());
  number("pull_dp_number_of_active_jobs", then.active_jobs, now.active_jobs);
  found.note("source_protocols", joined(then.source_protocols), joined(now.source_protocols));
  return std::move(found).take();
}

std::vector<model::setting_row> effective_settings(const std::vector<model::setting_row>& site,
                                                   const model::distribution_point_row& point,
                                                   const std::vector<model::setting_row>& host) {
  std::vector<model::setting_row> all = site;
  const auto add = [&](const char* name, std::string value, const std::string& otherwise) {
    const char* const origin = value == otherwise ? "default" : "site, dp set";
    all.push_back({name, std::move(value), origin});
  };
  const model::distribution_point_row untouched;
  all.push_back({"mode", point.own ? "own" : std::string(name_of(point.mode)),
                 point.own ? "default" : "site, dp set"});
  add("sources", text_of(point.sources), "");
  add("schedule", model::text_of(point.schedule), model::text_of(untouched.schedule));
  add("rate_limit", model::text_of(point.limit), model::text_of(untouched.limit));
  add("maintenance", on_or_off(point.maintenance), "off");
  add("prestaged", on_or_off(point.prestaged), "off");
  all.insert(all.end(), host.begin(), host.end());
  return all;
}

}  // namespace sluice::actors
