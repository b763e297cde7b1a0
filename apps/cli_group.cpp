#include "apps/cli_text.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) { out += (out.empty() ? "" : " ") + name; }
  return out;
}

std::string packages_of(const model::group_row& row) {
  std::vector<std::string> names;
  for (const model::package_id& package : row.packages) { names.push_back(package.text()); }
  return joined(names);
}

std::string fields_of(const model::group_row& row) {
  text_fields fields;
  fields.add("group", row.name);
  fields.add("members", joined(row.members));
  fields.add("packages", packages_of(row));
  return fields.text();
}

result<answer> change(session& now, rpc::group_action action) {
  const rpc::group_request request{action, now.call().one("GROUP"), now.call().all("--dp")};
  const auto given = now.site().group_change(session::me(), request);
  if (!given) { return given.error(); }
  answer made{exit_code::ok, {json_of(given->row)}, "", {}};
  if (action == rpc::group_action::remove && request.distribution_points.empty()) {
    made.text = format("Group {} is removed; its members keep what they have.\n", request.name);
    made.next = {"sluice group list"};
    return made;
  }
  made.text = fields_of(given->row);
  for (const std::string& sent : given->sent.started) {
    made.text += format("Sent: {}\n", escaped(sent));
  }
  for (const std::string& warning : given->sent.warnings) {
    made.text += format("Warning: {}\n", escaped(warning));
  }
  made.next = {given->row.packages.empty()
                   ? format("sluice distribute PKG --group {}", request.name)
                   : format("sluice group status {}", request.name)};
  return made;
}

}  // namespace

result<answer> group_create(session& now) { return change(now, rpc::group_action::create); }
result<answer> group_add(session& now) { return change(now, rpc::group_action::add); }
result<answer> group_remove(session& now) { return change(now, rpc::group_action::remove); }

result<answer> group_list(session& now) {
  const auto rows = all_rows<model::group_row>(
      [&](rpc::page_request page) { return now.site().group_list(session::me(), page); });
  if (!rows) { return rows.error(); }
  answer made;
  text_table table({{"GROUP"}, {"MEMBERS", true}, {"PACKAGES", true}});
  for (const model::group_row& row : *rows) {
    made.items.push_back(json_of(row));
    table.add({{row.name}, {format("{}", row.members_total)}, {format("{}", row.packages_total)}});
  }
  if (table.empty()) {
    made.text = "The site has no groups.\n";
    made.next = {"sluice group create GROUP --dp NAME"};
  } else {
    made.text = table.text(now.outside().colour);
  }
  return made;
}

result<answer> group_show(session& now) {
  const auto row = now.site().group_show(session::me(), now.call().one("GROUP"));
  if (!row) { return row.error(); }
  return answer{exit_code::ok,
                {json_of(*row)},
                fields_of(*row),
                {format("sluice group status {}", row->name)}};
}

result<answer> group_status(session& now) {
  const std::string name = now.call().one("GROUP");
  const auto rows = all_rows<model::group_status_row>(
      [&](rpc::page_request page) { return now.site().group_status(session::me(), name, page); });
  if (!rows) { return rows.error(); }
  answer made;
  text_table table({{"PACKAGE"},
                    {"MEMBERS", true},
                    {"COMPLIANT", true},
                    {"SUCCESS", true},
                    {"IN PROGRESS", true},
                    {"UNKNOWN", true},
                    {"FAILED", true}});
  for (const model::group_status_row& row : *rows) {
    made.items.push_back(json_of(row));
    const std::uint32_t members = row.success + row.in_progress + row.unknown + row.failed;
    table.add({{row.package.text()},
               {format("{}", members)},
               {members == 0 ? "-" : format("{} %", std::uint64_t{row.success} * 100 / members)},
               {format("{}", row.success)},
               {format("{}", row.in_progress)},
               {format("{}", row.unknown)},
               {format("{}", row.failed)}});
  }
  if (table.empty()) {
    made.text = format("Nothing was distributed to group {}.\n", escaped(name));
    made.next = {format("sluice distribute PKG --group {}", name)};
  } else {
    made.text = table.text(now.outside().colour);
  }
  return made;
}

}  // namespace sluice::cli
