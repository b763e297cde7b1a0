#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <ostream>
#include <sstream>

#include "apps/cli_definition.hpp"
#include "apps/cli_text.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

constexpr std::chrono::milliseconds progress_on_terminal{250};
constexpr std::chrono::milliseconds progress_in_pipe{1000};

std::string absolute(const std::string& folder, const std::string& current_folder) {
  std::string path = (std::filesystem::path(current_folder) / folder).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/') { path.pop_back(); }
  return path;
}

/// "reading /srv/x: 1234 files, 1.2 GiB, 812.0 MiB/s", on one line of a terminal, or on lines.
class add_progress {
public:
  add_progress(const world& outside, std::string folder)
      : outside_(outside), folder_(std::move(folder)), started_(outside.now()) {}

  void show(const rpc::package_add_progress& seen) {
    if (!seen.running || (seen.files == files_ && seen.bytes == bytes_)) { return; }
    files_ = seen.files;
    bytes_ = seen.bytes;
    const auto taken = (outside_.now() - started_).count();  // milliseconds
    const std::uint64_t rate = taken <= 0
                                   ? 0
                                   : static_cast<std::uint64_t>(static_cast<double>(bytes_) * 1000 /
                                                                static_cast<double>(taken));
    const std::string line = format("reading {}: {}, {}, {}", escaped(folder_),
                                    counted(files_, "file"), human_bytes(bytes_), human_rate(rate));
    if (outside_.error_is_terminal) {
      outside_.error_output << "\r" << line << "\x1b[K" << std::flush;
      open_line_ = true;
    } else {
      outside_.error_output << line << "\n" << std::flush;
    }
  }
  void end() {
    if (open_line_) { outside_.error_output << "\r\x1b[K" << std::flush; }
  }

private:
  const world& outside_;
  std::string folder_;
  model::calendar_time started_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  bool open_line_ = false;
};

/// Reading a folder lasts as long as it is large: it has a connection and a thread of its own, and
/// how far it is comes over another.
template <typename Answer>
result<Answer> read_and_follow(session& now, const std::string& folder,
                               std::function<result<Answer>(rpc::admin_service&)> asked) {
  const auto long_connection = now.another_site(limits::package_add_deadline);
  std::future<result<Answer>> reading =
      std::async(std::launch::async, [&] { return asked(*long_connection); });
  const auto step = now.outside().error_is_terminal ? progress_on_terminal : progress_in_pipe;
  add_progress progress(now.outside(), folder);
  bool ask = !now.json();
  while (ask && reading.wait_for(step) != std::future_status::ready) {
    const auto seen = now.site().package_add_status(session::me(), folder);
    ask = seen.ok();  // no progress to show is no reason to fail
    if (ask) { progress.show(*seen); }
  }
  result<Answer> answer = reading.get();
  progress.end();
  return answer;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) { out += (out.empty() ? "" : ", ") + escaped(name); }
  return out;
}

std::string fields_of(const model::package_row& row, model::calendar_time now) {
  text_fields fields;
  fields.add("package", row.id.text());
  fields.add("name", row.name);
  fields.add("version", format("{}", row.version));
  fields.add("source", row.source_path);
  fields.add("files", format("{}", row.files));
  fields.add("size", human_bytes(model::raw(row.bytes)));
  fields.add("manifest", row.manifest_hash.hex());
  fields.add("created", human_when(row.created, now));
  fields.add("targets", format("{}", row.targets));
  fields.add("priority", std::string(model::name_of(row.priority)));
  return fields.text();
}

std::optional<model::package_priority> priority_of(session& now) {
  const auto given = now.call().maybe("--priority");
  for (const auto priority : {model::package_priority::high, model::package_priority::medium,
                              model::package_priority::low}) {
    if (given == model::name_of(priority)) { return priority; }
  }
  return std::nullopt;
}

}  // namespace

result<answer> package_add(session& now) {
  rpc::package_add_request request;
  request.folder = absolute(now.call().one("FOLDER"), now.outside().current_folder);
  request.name = now.call().maybe("--name").value_or(
      std::filesystem::path(request.folder).filename().string());
  request.priority = priority_of(now).value_or(model::package_priority::medium);
  if (const auto id = now.call().maybe("--id")) {
    const auto parsed_id = model::package_id::parse(*id);
    if (!parsed_id) { return parsed_id.error(); }
    request.id = *parsed_id;
  }
  const auto added = read_and_follow<model::package_row>(
      now, request.folder,
      [&](rpc::admin_service& site) { return site.package_add(session::me(), request); });
  if (!added) { return added.error(); }
  const std::string id = added->id.text();
  return answer{exit_code::ok,
                {json_of(*added)},
                format("{}.{}: {}, {}, {}\n", id, added->version, escaped(added->name),
                       counted(added->files, "file"), human_bytes(model::raw(added->bytes))),
                {format("sluice distribute {} --dp NAME", id)}};
}

result<answer> package_update(session& now) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const auto before = now.site().package_show(session::me(), *id);
  if (!before) { return before.error(); }
  const auto updated = read_and_follow<rpc::package_update_answer>(
      now, before->source_path,
      [&](rpc::admin_service& site) { return site.package_update(session::me(), *id); });
  if (!updated) { return updated.error(); }
  answer made{exit_code::ok, {json_of(*updated)}, "", {}};
  if (!updated->changed) {
    made.text = format("{} is what its folder holds, version {}: no change.\n", id->text(),
                       updated->row.version);
    made.next = {format("sluice status {}", id->text())};
    return made;
  }
  made.text =
      format("{}.{}: {}, {}; new: {}, {}\n", id->text(), updated->row.version,
             counted(updated->row.files, "file"), human_bytes(model::raw(updated->row.bytes)),
             counted(updated->files_new, "file"), human_bytes(updated->bytes_new));
  if (!updated->sent.started.empty()) {
    made.text += format("On its way to {}.\n", joined(updated->sent.started));
  }
  for (const std::string& warning : updated->sent.warnings) {
    made.text += format("Warning: {}\n", escaped(warning));
  }
  made.next = {updated->row.targets == 0 ? format("sluice distribute {} --dp NAME", id->text())
                                         : format("sluice status {} --watch", id->text())};
  return made;
}

result<answer> package_list(session& now) {
  const auto rows = all_rows<model::package_row>(
      [&](rpc::page_request page) { return now.site().package_list(session::me(), page); });
  if (!rows) { return rows.error(); }
  answer made;
  text_table table({{"PACKAGE"},
                    {"VERSION", true},
                    {"FILES", true},
                    {"SIZE", true},
                    {"TARGETS", true},
                    {"NAME"}});
  for (const model::package_row& row : *rows) {
    made.items.push_back(json_of(row));
    table.add({{row.id.text()},
               {format("{}", row.version)},
               {format("{}", row.files)},
               {human_bytes(model::raw(row.bytes))},
               {format("{}", row.targets)},
               {row.name}});
  }
  if (table.empty()) {
    made.text = "The site has no packages.\n";
    made.next = {"sluice package add FOLDER"};
  } else {
    made.text = table.text(now.outside().colour);
  }
  return made;
}

result<answer> package_show(session& now) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const auto row = now.site().package_show(session::me(), *id);
  if (!row) { return row.error(); }
  const std::string next = row->targets == 0 ? format("sluice distribute {} --dp NAME", id->text())
                                             : format("sluice status {}", id->text());
  return answer{exit_code::ok, {json_of(*row)}, fields_of(*row, now.outside().now()), {next}};
}

result<answer> package_set(session& now) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const rpc::package_set_request request{*id, priority_of(now), now.call().maybe("--name")};
  if (!request.priority && !request.name) {
    return error{errc::invalid, 0,
                 format("set package {}: say what to change: --priority or --name", id->text())};
  }
  const auto row = now.site().package_set(session::me(), request);
  if (!row) { return row.error(); }
  return answer{exit_code::ok,
                {json_of(*row)},
                fields_of(*row, now.outside().now()),
                {format("sluice package show {}", id->text())}};
}

namespace {

/// The ids that a file names: one a line; empty lines and those that begin with '#' say nothing.
result<std::vector<model::package_id>> ids_in(const std::string& path, const std::string& text) {
  std::vector<model::package_id> ids;
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') { line.pop_back(); }
    if (line.empty() || line.front() == '#') { continue; }
    const auto id = model::package_id::parse(line);
    if (!id) {
      return error{errc::invalid, 0,
                   format("read {}:{}: '{}' is no PackageID, as in PKG00012", escaped(path), number,
                          escaped(line))};
    }
    if (std::find(ids.begin(), ids.end(), *id) == ids.end()) { ids.push_back(*id); }
  }
  return ids;
}

/// K13: one list, one plan, one confirmation.
result<answer> remove_many(session& now, const std::string& path) {
  const auto text = now.outside().read_text(path);
  if (!text) { return text.error(); }
  const auto ids = ids_in(path, *text);
  if (!ids) { return ids.error(); }
  std::vector<model::package_row> rows;
  std::uint32_t targets = 0;
  std::string gone;
  for (const model::package_id& id : *ids) {  // all of them first: a wrong list removes nothing
    auto row = now.site().package_show(session::me(), id);
    if (!row && row.error().code == errc::not_found) {
      gone += format("{} is no package any more.\n", id.text());
      continue;
    }
    if (!row) { return row.error(); }
    targets += row->targets;
    rows.push_back(std::move(*row));
  }
  answer made;
  made.text = gone;
  const bool does = now.call().has("--yes");
  std::size_t failures = 0;
  for (const model::package_row& row : rows) {
    made.items.push_back(json_of(row));
    const auto removed = does ? now.site().package_remove(session::me(), row.id) : result<void>();
    failures += removed ? 0 : 1;
    made.text +=
        format("{} {}, {}: {}\n", row.id.text(), escaped(row.name), counted(row.targets, "target"),
               !does      ? "would be removed"
               : !removed ? describe(removed.error())
                          : "removed");
  }
  if (!does) {
    made.text += format("{} on {}; nothing was done.\n", counted(rows.size(), "package"),
                        counted(targets, "target"));
    made.next = {format("sluice package remove --from-file {} --yes", path)};
    return made;
  }
  made.next = {"sluice package list"};
  if (failures > 0) {
    made.code = failures == rows.size() ? exit_code::failed : exit_code::partial;
  }
  return made;
}

}  // namespace

result<answer> package_remove(session& now) {
  const auto one = now.call().maybe("PKG");
  const auto file = now.call().maybe("--from-file");
  if (one.has_value() == file.has_value()) {
    return error{errc::invalid, 0, "remove packages: name one, or give --from-file FILE"};
  }
  if (file) { return remove_many(now, *file); }
  const auto id = model::package_id::parse(*one);
  if (!id) { return id.error(); }
  const auto removed = now.site().package_remove(session::me(), *id);
  if (!removed) { return removed.error(); }
  return answer{exit_code::ok, {}, format("{} is removed.\n", id->text()), {"sluice package list"}};
}

}  // namespace sluice::cli
