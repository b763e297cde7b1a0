#include "model/notification.hpp"

#include <algorithm>

#include "model/decimal.hpp"

namespace sluice::model {

namespace {

constexpr std::size_t label_bytes_max = 255;

error refusal(const notification& given, std::string_view why, errc code = errc::invalid) {
  return {code, 0, format("accept the notification for {}: {}", given.content.text(), why)};
}

result<void> check_source(const notification& given, const source_entry& source) {
  if (source.name.empty() || source.name.size() > label_bytes_max || !is_utf8(source.name)) {
    return refusal(given, format("the source name '{}' is not 1 to {} bytes of UTF-8",
                                 escaped(source.name, 100), label_bytes_max));
  }
  if (source.protocol == push_protocol) {
    if (given.sources.size() == 1 && source.address.empty()) { return {}; }
    return refusal(given, format("'{}' pushes: it has no address, and no source beside it",
                                 escaped(source.name)));
  }
  if (source.protocol != http_protocol) {
    return refusal(given, format("the protocol '{}' of source '{}' is unknown; 'http' and 'push' "
                                 "are known",
                                 escaped(source.protocol, 32), escaped(source.name)));
  }
  if (!is_address(source.address)) {
    return refusal(given, format("the address '{}' of source '{}' is not host:port",
                                 escaped(source.address, 100), escaped(source.name)));
  }
  return {};
}

result<void> check_sources(const notification& given) {
  if (given.sources.empty() && !given.prestaged) {  // prestaged: it asks none
    return refusal(given, "it names no source; give the distribution point a source");
  }
  if (given.sources.size() > limits::sources_per_notification_max) {
    return refusal(given,
                   format("it names {} sources, more than {}", given.sources.size(),
                          limits::sources_per_notification_max),
                   errc::limit_reached);
  }
  std::vector<std::string_view> names;
  for (const source_entry& source : given.sources) {
    auto checked = check_source(given, source);
    if (!checked) { return checked; }
    names.emplace_back(source.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    return refusal(given, format("it names the source '{}' twice", escaped(*twice)));
  }
  return {};
}

}  // namespace

bool is_address(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.size() > label_bytes_max) {
    return false;
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) { host = host.substr(1, host.size() - 2); }
  const auto is_host_letter = [bracketed](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '.' || letter == '-' || letter == '_' ||
           (bracketed && (letter == ':' || letter == '%'));
  };
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_letter)) { return false; }
  const auto number = parse_decimal(port, 65535);
  return number && *number != 0;
}

bool is_pushed(const notification& given) noexcept {
  return given.sources.size() == 1 && given.sources.front().protocol == push_protocol;
}

result<void> check_notification(const notification& given) {
  if (given.content.version == 0) {
    return refusal(given, "its version is 0; versions start at 1");
  }
  if (given.job == job_id{}) { return refusal(given, "its job id is all zeros"); }
  if (given.hash_algorithm != hash_algorithm_sha256) {
    return refusal(given,
                   format("its hash algorithm is {}; this build knows {} (SHA-256) only",
                          given.hash_algorithm, hash_algorithm_sha256),
                   errc::incompatible);
  }
  if (given.action != notification_action::add &&
      given.action != notification_action::redistribute) {
    return refusal(given, format("its action {} is unknown", static_cast<int>(given.action)));
  }
  if (given.priority < package_priority::high || given.priority > package_priority::low) {
    return refusal(given, format("its priority {} is not 1 (high), 2 (medium) or 3 (low)",
                                 static_cast<int>(given.priority)));
  }
  const std::uint64_t manifest_size = raw(given.manifest_size);
  if (manifest_size == 0 || manifest_size > limits::manifest_bytes_max) {
    return refusal(given, format("its manifest has {} bytes, not 1 to {}", manifest_size,
                                 limits::manifest_bytes_max));
  }
  if (raw(given.package_size) > file_size_max) {
    return refusal(given,
                   format("its package size of {} bytes is impossible", raw(given.package_size)));
  }
  if (!given.related_content.empty() && !content_id::parse(given.related_content)) {
    return refusal(given, format("its related content '{}' is not a content id",
                                 escaped(given.related_content, 100)));
  }
  return check_sources(given);
}

}  // namespace sluice::model
