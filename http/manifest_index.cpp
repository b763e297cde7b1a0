#include "http/manifest_index.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace sluice::http {

namespace {

constexpr std::uint32_t link_hops_max = 40;

/// Joins a folder and a name; the root is "".
std::string joined(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : format("{}/{}", folder, name);
}

/// What remains to be walked, front first; link targets are put before it.
class remaining_path {
public:
  explicit remaining_path(std::string_view path) : text_(path) {}
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  std::string take() {
    const std::size_t slash = text_.find('/');
    std::string segment = text_.substr(0, slash);
    text_.erase(0, slash == std::string::npos ? slash : slash + 1);
    return segment;
  }
  void put_before(std::string_view target) { text_ = joined(target, text_); }

private:
  std::string text_;
};

}  // namespace

std::string_view manifest_index::path_of(const entry& one) const noexcept {
  return std::string_view(texts_).substr(one.path_begin, one.path_length);
}

std::string_view manifest_index::link_target_of(const entry& one) const noexcept {
  return std::string_view(texts_).substr(one.path_begin + one.path_length, one.size);
}

std::size_t manifest_index::lower_bound(std::string_view path) const noexcept {
  const auto place = std::lower_bound(
      entries_.begin(), entries_.end(), path,
      [this](const entry& one, std::string_view sought) { return path_of(one) < sought; });
  return static_cast<std::size_t>(place - entries_.begin());
}

const manifest_index::entry* manifest_index::find(std::string_view path) const noexcept {
  const std::size_t place = lower_bound(path);
  if (place == entries_.size() || path_of(entries_[place]) != path) { return nullptr; }
  return &entries_[place];
}

bool manifest_index::is_folder(std::string_view path) const {
  if (path.empty()) { return true; }
  if (const entry* const one = find(path)) { return one->kind == model::entry_kind::folder; }
  const std::string prefix = format("{}/", path);  // a folder that is only named by what is in it
  const std::size_t place = lower_bound(prefix);
  return place < entries_.size() && path_of(entries_[place]).starts_with(prefix);
}

manifest_index::resolution manifest_index::resolve(std::string_view path) const {
  const auto file_of = [](const entry& one) {
    return resolution{
        resolution::kind::file, {{one.digest, model::byte_count{one.size}}, one.kind}, {}};
  };
  const auto is_file = [](const entry& one) {
    return one.kind == model::entry_kind::file || one.kind == model::entry_kind::executable;
  };
  if (const entry* const direct = find(path); direct != nullptr && is_file(*direct)) {
    return file_of(*direct);
  }
  remaining_path rest(path);
  std::string here;
  std::uint32_t hops = 0;
  while (!rest.empty()) {
    const std::string segment = rest.take();
    if (segment.empty() || segment == ".") { continue; }
    if (segment == "..") {
      if (here.empty()) { return {}; }
      const std::size_t slash = here.rfind('/');
      here.resize(slash == std::string::npos ? 0 : slash);
      continue;
    }
    std::string next = joined(here, segment);
    const entry* const one = find(next);
    if (one != nullptr && one->kind == model::entry_kind::link) {
      if (++hops > link_hops_max) { return {}; }
      rest.put_before(link_target_of(*one));
    } else if (one != nullptr && is_file(*one)) {
      return rest.empty() ? file_of(*one) : resolution{};
    } else if (is_folder(next)) {
      here = std::move(next);
    } else {
      return {};
    }
  }
  return {resolution::kind::folder, {}, std::move(here)};
}

std::size_t manifest_index::slot_of(const model::file_id& file) const noexcept {
  std::size_t slot = std::hash<model::file_id>{}(file) & (by_file_.size() - 1);
  while (by_file_[slot] != 0) {
    const entry& one = entries_[by_file_[slot] - 1];
    if (one.digest == file.digest && one.size == model::raw(file.size)) { break; }
    slot = (slot + 1) & (by_file_.size() - 1);
  }
  return slot;
}

bool manifest_index::has(const model::file_id& file) const noexcept {
  return by_file_[slot_of(file)] != 0;
}

listed_entry manifest_index::listed(const entry& one, std::string_view name) const {
  listed_entry shown{std::string(name), one.kind, one.size, {}};
  if (one.kind == model::entry_kind::link) {
    shown.size = 0;
    shown.link_target = link_target_of(one);
  }
  return shown;
}

manifest_index::page manifest_index::list(std::string_view folder, std::string_view after,
                                          std::size_t entries_max) const {
  const std::string prefix = folder.empty() ? std::string() : format("{}/", folder);
  // '0' follows '/': "a0" is the first path that is not beneath "a/".
  const auto beyond = [&](std::string_view name) {
    return lower_bound(format("{}{}0", prefix, name));
  };
  std::size_t place = lower_bound(prefix);
  if (!after.empty()) {
    const std::string last = format("{}{}", prefix, after);
    place = find(last) != nullptr ? lower_bound(last) + 1 : beyond(after);
  }
  page made;
  while (place < entries_.size() && path_of(entries_[place]).starts_with(prefix)) {
    const std::string_view rest = path_of(entries_[place]).substr(prefix.size());
    const std::size_t slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    const bool beneath = slash != std::string_view::npos;
    const std::size_t next = beneath ? beyond(name) : place + 1;
    if (!beneath || find(format("{}{}", prefix, name)) == nullptr) {
      if (made.entries.size() == entries_max) {
        made.next = made.entries.back().name;
        break;
      }
      made.entries.push_back(beneath ? listed_entry{std::string(name), model::entry_kind::folder}
                                     : listed(entries_[place], name));
    }
    place = next;
  }
  return made;
}

std::size_t manifest_index::bytes() const noexcept {
  return sizeof(*this) + texts_.capacity() + entries_.capacity() * sizeof(entry) +
         by_file_.capacity() * sizeof(std::uint32_t);
}

manifest_index_builder::manifest_index_builder(const model::manifest_header& header,
                                               model::byte_count manifest_size)
    : entries_max_(header.entries) {
  // A line of a file takes 70 bytes beside its path at the least.
  const std::uint64_t around_paths = std::uint64_t{header.files} * 70;
  const std::uint64_t size = model::raw(manifest_size);
  made_.texts_.reserve(size > around_paths ? size - around_paths : 0);
  made_.entries_.reserve(header.entries);
  made_.by_file_.assign(std::bit_ceil(std::size_t{2} * header.files + 1), 0);
}

result<void> manifest_index_builder::add(const model::manifest_entry& given) {
  const std::size_t text = given.path.size() + given.link_target.size();
  if (made_.entries_.size() == entries_max_ ||
      given.path.size() > std::numeric_limits<std::uint16_t>::max() ||
      made_.texts_.size() + text > std::numeric_limits<std::uint32_t>::max()) {
    return error{errc::corrupt, 0, "index a manifest that is longer than its header says"};
  }
  manifest_index::entry one;
  one.path_begin = static_cast<std::uint32_t>(made_.texts_.size());
  one.path_length = static_cast<std::uint16_t>(given.path.size());
  one.kind = given.kind;
  made_.texts_ += given.path;
  if (given.kind == model::entry_kind::link) {
    one.size = given.link_target.size();
    made_.texts_ += given.link_target;
  }
  const bool file =
      given.kind == model::entry_kind::file || given.kind == model::entry_kind::executable;
  if (file) {
    one.digest = given.file.digest;
    one.size = model::raw(given.file.size);
  }
  made_.entries_.push_back(one);
  if (file) {
    const std::size_t slot = made_.slot_of(given.file);
    if (made_.by_file_[slot] == 0) {
      made_.by_file_[slot] = static_cast<std::uint32_t>(made_.entries_.size());
    }
  }
  return {};
}

manifest_index manifest_index_builder::finish() { return std::move(made_); }

}  // namespace sluice::http
