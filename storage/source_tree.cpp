#include "storage/source_tree.hpp"

#include <algorithm>

namespace sluice::storage {

namespace {

constexpr std::uint64_t offenders_listed_max = 100;
constexpr std::size_t path_shown_max = 200;

struct walk {
  io::folder& source;
  source_tree tree{};
  std::vector<std::string> folders{""};  ///< still to be listed
};

void put(walk& now, model::entry_kind kind, std::string path, std::string target = {}) {
  model::manifest_entry entry;
  entry.kind = kind;
  entry.path = std::move(path);
  entry.link_target = std::move(target);
  now.tree.entries.push_back(std::move(entry));
}

io::task<void> take_link(walk& now, std::string path) {
  auto target = co_await now.source.read_link(path);
  if (!target) {
    now.tree.refused.add(path, describe(target.error()));
  } else if (!model::link_stays_inside(path, *target)) {
    now.tree.refused.add(path, format("is a link that leaves the folder, or goes up behind a "
                                      "name: -> '{}'",
                                      escaped(*target, path_shown_max)));
  } else {
    put(now, model::entry_kind::link, std::move(path), std::move(*target));
  }
}

io::task<void> take_name(walk& now, std::string path, io::file_kind kind) {
  if (const auto fault = model::path_fault(path)) {
    now.tree.refused.add(path, "cannot be named in a manifest: " + *fault);
    co_return;
  }
  if (kind == io::file_kind::other) {  // also what file systems say that know no better
    auto facts = co_await now.source.facts(path);
    if (facts) { kind = facts->kind; }
  }
  switch (kind) {
    case io::file_kind::regular: put(now, model::entry_kind::file, std::move(path)); break;
    case io::file_kind::folder: now.folders.push_back(std::move(path)); break;
    case io::file_kind::link: co_await take_link(now, std::move(path)); break;
    case io::file_kind::other:
      now.tree.refused.add(path, "is neither file, folder nor link (a socket, pipe or device)");
      break;
  }
}

io::task<void> take_folder(walk& now, std::string folder) {
  auto names = co_await now.source.list(folder);
  if (!names) {
    now.tree.refused.add(folder, describe(names.error()));
    co_return;
  }
  if (names->empty() && !folder.empty()) {
    put(now, model::entry_kind::folder, std::move(folder));
    co_return;
  }
  for (const io::folder_entry& name : *names) {
    std::string path = folder.empty() ? name.name : format("{}/{}", folder, name.name);
    co_await take_name(now, std::move(path), name.kind);
  }
}

}  // namespace

void offenders::add(std::string_view path, std::string_view why) {
  if (++count_ > offenders_listed_max) { return; }
  first_.push_back(format("'{}' {}", escaped(path, path_shown_max), why));
}

std::string offenders::text() const {
  std::vector<std::string> sorted = first_;
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const std::string& offender : sorted) {
    if (!text.empty()) { text += "; "; }
    text += offender;
  }
  if (count_ > first_.size()) { text += format("; and {} more", count_ - first_.size()); }
  return text;
}

io::task<result<source_tree>> walk_source(io::folder& source) {
  walk now{source};
  while (!now.folders.empty()) {
    std::string folder = std::move(now.folders.back());
    now.folders.pop_back();
    co_await take_folder(now, std::move(folder));
    if (now.tree.entries.size() + now.folders.size() > limits::manifest_entries_max) {
      co_return error{errc::invalid, 0,
                      format("take a snapshot: the folder has more than {} entries",
                             limits::manifest_entries_max)};
    }
  }
  std::sort(now.tree.entries.begin(), now.tree.entries.end(),
            [](const auto& left, const auto& right) { return left.path < right.path; });
  co_return std::move(now.tree);
}

}  // namespace sluice::storage
