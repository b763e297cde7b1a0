#include "model/manifest.hpp"

#include <algorithm>

#include "model/manifest_text.hpp"

namespace sluice::model {

std::string manifest_printer::print_header(const manifest_header& header) {
  return format(
      "{}{}\nsite {}\npackage {}\nversion {}\nalgorithm {}\nentries {}\nfiles {}\nbytes {}\n",
      manifest_magic, manifest_format, header.content.package.site.text(),
      header.content.package.text(), header.content.version, manifest_algorithm, header.entries,
      header.files, raw(header.bytes));
}

std::string manifest_printer::print_entry(const manifest_entry& entry) {
  const std::string path = percent_encoded(entry.path);
  switch (entry.kind) {
    case entry_kind::file:
    case entry_kind::executable:
      return format("{} {} {} {}\n", static_cast<char>(entry.kind), raw(entry.file.size),
                    entry.file.digest.hex(), path);
    case entry_kind::folder: return format("d {}\n", path);
    case entry_kind::link: return format("l {} {}\n", percent_encoded(entry.link_target), path);
  }
  SLUICE_CHECK(false && "an entry is of one of four kinds");
  return {};
}

std::optional<content_id> content_of_manifest(std::string_view beginning) {
  constexpr std::uint32_t lines = 4;  // format, site, package, version
  manifest_header header;
  for (std::uint32_t number = 0; number < lines; ++number) {
    const std::size_t end = beginning.find('\n');
    if (end == std::string_view::npos) { return std::nullopt; }
    if (!read_header_line(beginning.substr(0, end), number, header)) { return std::nullopt; }
    beginning.remove_prefix(end + 1);
  }
  return header.content;
}

error manifest_parser::refusal(std::string_view why, errc code) const {
  return {code, 0, format("accept the manifest, line {}: {}", line_, why)};
}

result<void> manifest_parser::feed(std::string_view bytes, std::vector<manifest_entry>& into) {
  if (failure_) { return *failure_; }
  auto taken = take_bytes(bytes, into);
  if (!taken) { failure_ = taken.error(); }
  return taken;
}

result<void> manifest_parser::take_bytes(std::string_view bytes,
                                         std::vector<manifest_entry>& into) {
  // Lines before the limit are still read, so that the outcome does not depend on the chunks.
  const std::uint64_t left = limits::manifest_bytes_max - bytes_read_;
  const bool too_many = bytes.size() > left;
  if (too_many) { bytes = bytes.substr(0, left); }
  bytes_read_ += bytes.size();

  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (partial_.size() + part.size() > manifest_line_bytes_max) {
      ++line_;
      return refusal(format("it is longer than {} bytes", manifest_line_bytes_max),
                     errc::limit_reached);
    }
    if (end == std::string_view::npos) {
      partial_ += part;
      break;
    }
    bytes.remove_prefix(end + 1);
    ++line_;
    if (partial_.empty()) {
      auto taken = take_line(part, into);
      if (!taken) { return taken; }
    } else {
      partial_ += part;
      auto taken = take_line(partial_, into);
      if (!taken) { return taken; }
      partial_.clear();
    }
  }
  if (too_many) {
    ++line_;
    return refusal(format("the manifest is longer than {} bytes", limits::manifest_bytes_max),
                   errc::limit_reached);
  }
  return {};
}

result<void> manifest_parser::take_line(std::string_view line, std::vector<manifest_entry>& into) {
  if (line_ <= manifest_header_lines) { return take_header_line(line); }
  if (entries_ == header_.entries) {
    return refusal(format("there are more than the {} entries announced", header_.entries));
  }
  auto entry = read_entry_line(line);
  if (!entry) { return refusal(entry.error().doing, entry.error().code); }
  return take_entry(std::move(*entry), into);
}

result<void> manifest_parser::take_header_line(std::string_view line) {
  auto read = read_header_line(line, static_cast<std::uint32_t>(line_ - 1), header_);
  if (!read) { return refusal(read.error().doing, read.error().code); }
  if (line_ == manifest_header_lines && header_.files > header_.entries) {
    return refusal(format("{} files cannot be among {} entries", header_.files, header_.entries));
  }
  return {};
}

result<void> manifest_parser::take_entry(manifest_entry entry, std::vector<manifest_entry>& into) {
  auto placed = check_place(entry);
  if (!placed) { return placed; }
  ++entries_;
  if (entry.is_file()) {
    ++files_;
    const std::uint64_t size = raw(entry.file.size);
    if (size > raw(header_.bytes) - file_bytes_) {
      return refusal(format("the files have more than the {} bytes announced", raw(header_.bytes)));
    }
    file_bytes_ += size;
    if (files_ > header_.files) {
      return refusal(format("there are more than the {} files announced", header_.files));
    }
  }
  into.push_back(std::move(entry));
  return {};
}

// Entries are sorted, so those that begin with the bytes of a path P follow P without a gap: P can
// be a parent of what comes only as long as it is a prefix of it. ("a", "a-b", "a/b": the first is
// the parent of the third.)
result<void> manifest_parser::check_place(const manifest_entry& entry) {
  const std::string& path = entry.path;
  if (entries_ != 0) {
    const int order = previous_path_.compare(path);
    if (order == 0) { return refusal(format("the path '{}' is there twice", escaped(path, 200))); }
    if (order > 0) {
      return refusal(format("the path '{}' is out of order: it belongs before '{}'",
                            escaped(path, 200), escaped(previous_path_, 200)));
    }
  }
  const std::size_t shared = static_cast<std::size_t>(
      std::mismatch(previous_path_.begin(), previous_path_.end(), path.begin(), path.end()).first -
      previous_path_.begin());
  while (!closed_prefixes_.empty() && closed_prefixes_.back() > shared) {
    closed_prefixes_.pop_back();
  }
  for (const std::size_t length : closed_prefixes_) {
    if (path[length] == '/') {
      return refusal(format("'{}' is no folder, yet the parent of '{}'",
                            escaped(path.substr(0, length), 200), escaped(path, 200)));
    }
  }
  if (entry.kind != entry_kind::folder) { closed_prefixes_.push_back(path.size()); }
  previous_path_ = path;
  return {};
}

result<void> manifest_parser::finish() {
  if (failure_) { return *failure_; }
  const auto fail = [this](std::string_view why) {
    ++line_;
    failure_ = refusal(why);
    return *failure_;
  };
  if (!partial_.empty()) { return fail("the last line has no line feed: bytes are missing"); }
  if (line_ < manifest_header_lines) { return fail("the header ends early: bytes are missing"); }
  if (entries_ != header_.entries) {
    return fail(format("{} entries are announced, {} are there", header_.entries, entries_));
  }
  if (files_ != header_.files) {
    return fail(format("{} files are announced, {} are there", header_.files, files_));
  }
  if (file_bytes_ != raw(header_.bytes)) {
    return fail(
        format("{} bytes are announced, the files have {}", raw(header_.bytes), file_bytes_));
  }
  return {};
}

result<manifest_entry> parse_manifest_entry(std::string_view line) {
  auto entry = read_entry_line(line);
  if (!entry) { return error{entry.error().code, 0, "accept the entry: " + entry.error().doing}; }
  return entry;
}

result<manifest> parse_manifest(std::string_view text) {
  manifest whole;
  manifest_parser parser;
  auto fed = parser.feed(text, whole.entries);
  if (!fed) { return fed.error(); }
  auto finished = parser.finish();
  if (!finished) { return finished.error(); }
  whole.header = parser.header();
  return whole;
}

std::string print_manifest(const manifest& whole) {
  std::string text = manifest_printer::print_header(whole.header);
  for (const manifest_entry& entry : whole.entries) {
    text += manifest_printer::print_entry(entry);
  }
  return text;
}

}  // namespace sluice::model
