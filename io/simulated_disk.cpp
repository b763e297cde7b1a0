#include "io/simulated_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::io::detail {

namespace {

constexpr std::uint64_t block = 4096;

void sync_bytes(node& of) {
  of.durable_bytes.resize(of.bytes.size());
  for (const auto& [offset, length] : of.unsynced) {
    if (offset >= of.bytes.size()) { continue; }
    const std::uint64_t end = std::min<std::uint64_t>(offset + length, of.bytes.size());
    std::memcpy(of.durable_bytes.data() + offset, of.bytes.data() + offset, end - offset);
  }
  of.unsynced.clear();
}

void for_each_node(node& from, const std::function<void(node&)>& visit) {
  visit(from);
  for (const auto& [name, child] : from.names) { for_each_node(*child, visit); }
}

}  // namespace

simulated_disk::simulated_disk() : root_(make(file_kind::folder, 0750, {})) {}

node_pointer simulated_disk::make(file_kind kind, std::uint32_t permissions,
                                  std::chrono::nanoseconds now) {
  auto made = std::make_shared<node>();
  made->kind = kind;
  made->number = ++nodes_made_;
  made->permissions = permissions;
  made->changed = now;
  return made;
}

std::int64_t simulated_disk::find(const node_pointer& start, std::string_view path,
                                  node_pointer& into) const {
  if (path.starts_with('/')) { return -EXDEV; }
  std::vector<node_pointer> way{start};
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (name.empty() || name == ".") { continue; }
    if (way.back()->kind != file_kind::folder) { return -ENOTDIR; }
    if (name == "..") {
      if (way.size() == 1) { return -EXDEV; }
      way.pop_back();
      continue;
    }
    const auto found = way.back()->names.find(name);
    if (found == way.back()->names.end()) { return -ENOENT; }
    if (found->second->kind == file_kind::link) { return -ELOOP; }
    way.push_back(found->second);
  }
  into = way.back();
  return 0;
}

std::int64_t simulated_disk::open(const node_pointer& start, std::string_view path,
                                  const open_options& options, std::chrono::nanoseconds now,
                                  node_pointer& into) {
  const std::int64_t outcome = find(start, path, into);
  if (outcome == 0) {
    if (options.create && options.exclusive) { return -EEXIST; }
    if (options.regular && into->kind != file_kind::regular) { return -ESPIPE; }
    if (into->kind == file_kind::folder && options.access != access_mode::read) { return -EISDIR; }
    return options.truncate ? resize(*into, 0, false, now) : 0;
  }
  if (outcome != -ENOENT || !options.create) { return outcome; }
  const auto slash = path.rfind('/');
  node_pointer parent = start;
  if (slash != std::string_view::npos) {
    const std::int64_t above = find(start, path.substr(0, slash), parent);
    if (above < 0) { return above; }
  }
  if (parent->kind != file_kind::folder) { return -ENOTDIR; }
  into = make(file_kind::regular, options.permissions, now);
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  apply({{parent, std::string(name), into}});
  return 0;
}

std::int64_t simulated_disk::read(const node& from, std::span<std::byte> into,
                                  std::uint64_t offset) const {
  if (from.kind != file_kind::regular) { return -EISDIR; }
  if (offset >= from.bytes.size()) { return 0; }
  const std::size_t length = std::min<std::uint64_t>(into.size(), from.bytes.size() - offset);
  std::memcpy(into.data(), from.bytes.data() + offset, length);
  return static_cast<std::int64_t>(length);
}

std::int64_t simulated_disk::write(node& to, std::span<const std::byte> bytes, std::uint64_t offset,
                                   std::chrono::nanoseconds now) {
  if (bytes.empty()) { return 0; }
  const std::int64_t outcome = resize(to, offset + bytes.size(), true, now);
  if (outcome < 0) { return outcome; }
  std::memcpy(to.bytes.data() + offset, bytes.data(), bytes.size());
  to.unsynced.emplace_back(offset, bytes.size());
  to.changed = now;
  return static_cast<std::int64_t>(bytes.size());
}

std::int64_t simulated_disk::resize(node& of, std::uint64_t size, bool only_grow,
                                    std::chrono::nanoseconds now) {
  const std::uint64_t before = of.bytes.size();
  if (size == before || (only_grow && size < before)) { return 0; }
  if (size > before && size - before > bytes_total_ - std::min(bytes_total_, bytes_used_)) {
    return -ENOSPC;
  }
  if (of.links > 0) { bytes_used_ += size - before; }
  of.bytes.resize(size);
  if (size > before) { of.unsynced.emplace_back(before, size - before); }
  of.changed = now;
  return 0;
}

void simulated_disk::sync(node& of) {
  if (of.kind == file_kind::regular) {
    sync_bytes(of);
    return;
  }
  std::size_t last = 0;
  for (std::size_t index = 0; index < journal_.size(); ++index) {
    for (const name_change& each : journal_[index]) {
      if (each.folder.get() == &of) { last = index + 1; }
    }
  }
  commit(last);
}

void simulated_disk::sync_all() {
  commit(journal_.size());
  for_each_node(*root_, [](node& each) {
    if (each.kind == file_kind::regular) { sync_bytes(each); }
  });
}

void simulated_disk::lose_all_unsynced() {
  for_each_node(*root_, [](node& each) { lose_unsynced(each); });
}

void simulated_disk::apply(change made) {
  for (const name_change& each : made) {
    const auto old = each.folder->names.find(each.name);
    if (old != each.folder->names.end()) {
      if (--old->second->links == 0) { free_bytes(*old->second); }
      each.folder->names.erase(old);
    }
    if (each.child) {
      each.folder->names.emplace(each.name, each.child);
      ++each.child->links;
    }
  }
  journal_.push_back(std::move(made));
}

void simulated_disk::free_bytes(const node& gone) {
  if (gone.kind == file_kind::regular) { bytes_used_ -= gone.bytes.size(); }
}

void simulated_disk::commit(std::size_t changes) {
  for (std::size_t index = 0; index < changes; ++index) {
    for (const name_change& each : journal_[index]) {
      if (each.child) {
        each.folder->durable_names.insert_or_assign(each.name, each.child);
      } else {
        each.folder->durable_names.erase(each.name);
      }
    }
  }
  journal_.erase(journal_.begin(), journal_.begin() + static_cast<std::ptrdiff_t>(changes));
}

std::int64_t simulated_disk::make_folder(node& in, const std::string& name,
                                         std::uint32_t permissions, std::chrono::nanoseconds now) {
  if (in.kind != file_kind::folder) { return -ENOTDIR; }
  if (in.names.contains(name)) { return -EEXIST; }
  // Shares its ownership with whoever holds the folder.
  apply({{in.shared_from_this(), name, make(file_kind::folder, permissions, now)}});
  return 0;
}

std::int64_t simulated_disk::make_link(node& in, const std::string& name, std::string target) {
  if (in.names.contains(name)) { return -EEXIST; }
  auto made = make(file_kind::link, 0777, {});
  made->bytes = std::move(target);
  made->durable_bytes = made->bytes;
  apply({{in.shared_from_this(), name, std::move(made)}});
  return 0;
}

std::int64_t simulated_disk::remove(const node_pointer& in, const std::string& name, bool folder) {
  const auto found = in->names.find(name);
  if (found == in->names.end()) { return -ENOENT; }
  const bool is_folder = found->second->kind == file_kind::folder;
  if (folder && !is_folder) { return -ENOTDIR; }
  if (!folder && is_folder) { return -EISDIR; }
  if (is_folder && !found->second->names.empty()) { return -ENOTEMPTY; }
  apply({{in, name, nullptr}});
  return 0;
}

std::int64_t simulated_disk::rename(const node_pointer& from, const std::string& name,
                                    const node_pointer& to, const std::string& new_name,
                                    bool replace) {
  const auto found = from->names.find(name);
  if (found == from->names.end()) { return -ENOENT; }
  const node_pointer moved = found->second;
  const auto there = to->names.find(new_name);
  if (there != to->names.end()) {
    if (!replace) { return -EEXIST; }
    if (there->second == moved) { return 0; }
    const bool onto_folder = there->second->kind == file_kind::folder;
    if (onto_folder && moved->kind != file_kind::folder) { return -EISDIR; }
    if (!onto_folder && moved->kind == file_kind::folder) { return -ENOTDIR; }
    if (onto_folder && !there->second->names.empty()) { return -ENOTEMPTY; }
  }
  ++moved->links;  // it does not end in between
  apply({{from, name, nullptr}, {to, new_name, moved}});
  --moved->links;
  return 0;
}

file_facts simulated_disk::facts(const node& of) const {
  return {.kind = of.kind,
          .size = of.bytes.size(),
          .permissions = of.permissions,
          .device = 1,
          .inode = of.number,
          .links = of.links,
          .modified = of.changed,
          .changed = of.changed};
}

volume_facts simulated_disk::volume() const {
  return {.bytes_free = bytes_total_ - std::min(bytes_total_, bytes_used_),
          .bytes_total = bytes_total_,
          .inodes_free = 1'000'000'000,
          .inodes_total = 1'000'000'000};
}

void simulated_disk::cut_power(const std::function<std::uint64_t()>& random) {
  commit(random() % (journal_.size() + 1));
  journal_.clear();
  bytes_used_ = 0;
  const std::function<void(node&)> restore = [&](node& each) {
    if (each.kind == file_kind::folder) {
      each.names = each.durable_names;
      for (const auto& [name, child] : each.names) { restore(*child); }
    } else if (each.kind == file_kind::regular) {
      std::string left = each.durable_bytes;
      if (random() % 2 == 0) { left.resize(each.bytes.size()); }
      for (const auto& [offset, length] : each.unsynced) {
        for (std::uint64_t at = offset / block * block; at < offset + length; at += block) {
          const std::uint64_t end = std::min({at + block, each.bytes.size(), left.size()});
          if (random() % 2 == 0 && at < end) {
            left.replace(at, end - at, each.bytes, at, end - at);
          }
        }
      }
      each.bytes = left;
      each.durable_bytes = std::move(left);
      each.unsynced.clear();
      bytes_used_ += each.bytes.size();
    }
    each.links = 1;
  };
  restore(*root_);
}

}  // namespace sluice::io::detail
