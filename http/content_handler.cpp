#include "http/content_handler.hpp"

#include "http/byte_range.hpp"
#include "http/content_type.hpp"
#include "http/entity_tag.hpp"

namespace sluice::http {

namespace {

constexpr std::size_t listed_entries_max = 5'000;
constexpr std::string_view octets = "application/octet-stream";

bool wants_json(const request_head& request, const path_target& target) {
  if (target.json) { return true; }
  return request.accept.find("application/json") != std::string::npos &&
         request.accept.find("text/html") == std::string::npos;
}

/// The texts between the parts of a multipart/byteranges answer (RFC 9110 14.6); the last one ends
/// it. The boundary is the entity tag's digest: no file can be made to hold its own.
struct multipart {
  std::string boundary;
  std::vector<std::string> before_parts;
  std::string end;
  std::uint64_t length = 0;
};

multipart plan_multipart(const std::vector<byte_range>& ranges, std::uint64_t size,
                         std::string_view tag, std::string_view type) {
  multipart plan;
  plan.boundary = format("sluice-{}", tag.substr(1, 40));
  for (const byte_range& range : ranges) {
    plan.before_parts.push_back(format("\r\n--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                                       plan.boundary, type, print_content_range(range, size)));
    plan.length += plan.before_parts.back().size() + range.length;
  }
  plan.end = format("\r\n--{}--\r\n", plan.boundary);
  plan.length += plan.end.size();
  return plan;
}

}  // namespace

content_handler::content_handler(const storage::library_reader& library,
                                 std::shared_ptr<const storage::content_catalogue> catalogue,
                                 access_policy policy, std::uint64_t index_cache_bytes)
    : library_(library),
      catalogue_(catalogue),
      policy_(policy),
      indexes_(library, std::move(catalogue), index_cache_bytes) {}

io::task<result<void>> content_handler::answer(const request_head& request, const principal& who,
                                               answer_writer& to) {
  const exchange with{request, who, to};
  content_target target = parse_content_target(request.target);
  if (auto* const path = std::get_if<path_target>(&target)) {
    auto sent = co_await answer_path(with, std::move(*path));
    co_return sent;
  }
  if (auto* const file = std::get_if<file_target_parts>(&target)) {
    auto sent = co_await answer_file(with, *file);
    co_return sent;
  }
  if (auto* const manifest = std::get_if<manifest_target_parts>(&target)) {
    auto sent = co_await answer_manifest(with, *manifest);
    co_return sent;
  }
  if (auto* const current = std::get_if<current_target>(&target)) {
    auto sent = co_await answer_current(with, std::move(*current));
    co_return sent;
  }
  const refusal why = std::get<refusal>(target);
  auto sent = co_await complain(with, why.status, why.why);
  co_return sent;
}

io::task<content_handler::admission> content_handler::admit(const exchange& with,
                                                            model::content_id content) {
  admission outcome;
  const access_answer allowed = access(policy_, with.who, *catalogue_, content);
  if (allowed == access_answer::granted) { outcome.entry = catalogue_->find(content); }
  if (outcome.entry) { co_return outcome; }
  if (allowed == access_answer::denied) {
    outcome.sent = co_await complain(with, 403, "anonymous access is off");
    co_return outcome;
  }
  outcome.sent = co_await complain(with, 404, format("{} is not here", content.text()));
  co_return outcome;
}

io::task<result<void>> content_handler::answer_path(const exchange& with, path_target target) {
  auto admitted = co_await admit(with, target.content);
  if (!admitted.entry) { co_return admitted.sent; }
  auto index = co_await indexes_.get(*admitted.entry);
  if (!index) {
    auto sent = co_await answer_failure(with, index.error());
    co_return sent;
  }
  manifest_index::resolution found = (*index)->resolve(target.path.path);
  using leads_to = manifest_index::resolution::kind;
  if (found.leads_to == leads_to::folder) {
    if (target.path.folder && !target.root_without_slash) {
      auto sent = co_await list_folder(with, **index, target, std::move(found.folder));
      co_return sent;
    }
    std::string location = format("/content/{}/", target.content.text());
    if (!target.path.path.empty()) { location += encode_path(target.path.path) + "/"; }
    if (target.json) { location += "?json"; }
    auto sent = co_await redirect(with, 301, std::move(location));
    co_return sent;
  }
  if (found.leads_to == leads_to::none || target.path.folder) {
    auto sent = co_await complain(with, 404, "there is no such path in this content");
    co_return sent;
  }
  const model::file_id file = found.file.file;
  const storage::library_reader* const library = &library_;
  served_bytes what{model::raw(file.size), entity_tag(file),
                    content_type(target.path.path, found.file.kind),
                    [library, file] { return library->open_file(file); }};
  auto sent = co_await serve_bytes(with, std::move(what));
  co_return sent;
}

io::task<result<void>> content_handler::answer_current(const exchange& with,
                                                       current_target target) {
  const auto newest = catalogue_->newest(target.package, storage::library_user::distribution_point);
  // Asked in the name of a content in any case, so that a denied client learns nothing.
  const model::content_id content = newest ? newest->content : model::content_id{target.package, 0};
  auto admitted = co_await admit(with, content);
  if (!admitted.entry) { co_return admitted.sent; }
  auto sent = co_await redirect(with, 302, format("/content/{}{}", content.text(), target.rest));
  co_return sent;
}

io::task<result<void>> content_handler::answer_manifest(const exchange& with,
                                                        manifest_target_parts target) {
  auto admitted = co_await admit(with, target.content);
  if (!admitted.entry) { co_return admitted.sent; }
  const storage::library_reader* const library = &library_;
  const model::content_id content = target.content;
  const std::string hash = admitted.entry->manifest_hash.hex();
  served_bytes what{model::raw(admitted.entry->manifest_size), format("\"{}-manifest\"", hash),
                    octets, [library, content] { return library->open_manifest(content); }};
  if (target.signature) {
    auto opened = co_await library_.open_signature(content);
    if (!opened) {
      auto sent = co_await answer_failure(with, opened.error());
      co_return sent;
    }
    auto facts = co_await opened->facts();
    co_await opened->close();
    if (!facts) {
      auto sent = co_await answer_failure(with, facts.error());
      co_return sent;
    }
    what = {facts->size, format("\"{}-signature\"", hash), octets,
            [library, content] { return library->open_signature(content); }};
  }
  auto sent = co_await serve_bytes(with, std::move(what));
  co_return sent;
}

io::task<result<void>> content_handler::answer_file(const exchange& with,
                                                    file_target_parts target) {
  auto admitted = co_await admit(with, target.content);
  if (!admitted.entry) { co_return admitted.sent; }
  auto index = co_await indexes_.get(*admitted.entry);
  if (!index) {
    auto sent = co_await answer_failure(with, index.error());
    co_return sent;
  }
  const std::uint64_t size = model::raw(target.file.size);
  const bool layered = size > limits::piece_size;
  if (!(*index)->has(target.file) || (target.pieces && !layered)) {
    auto sent = co_await complain(with, 404, "there is no such file in this content");
    co_return sent;
  }
  const storage::library_reader* const library = &library_;
  const model::file_id file = target.file;
  served_bytes what{size, entity_tag(file), octets,
                    [library, file] { return library->open_file(file); }};
  if (target.pieces) {
    const std::uint64_t pieces = (size + limits::piece_size - 1) / limits::piece_size;
    what = {pieces * sizeof(model::digest), format("\"{}-pieces\"", file.text()), octets,
            [library, file] { return library->open_piece_layer(file); }};
  }
  auto sent = co_await serve_bytes(with, std::move(what));
  co_return sent;
}

io::task<result<void>> content_handler::list_folder(const exchange& with,
                                                    const manifest_index& index,
                                                    const path_target& target, std::string folder) {
  auto page = index.list(folder, target.after, listed_entries_max);
  folder_listing listing{target.content, target.path.path, std::move(page.entries),
                         std::move(page.next)};
  const bool json = wants_json(with.request, target);
  answer_head head;
  head.content_type = json ? "application/json" : "text/html; charset=utf-8";
  head.keep_alive = with.request.keep_alive;
  std::string body = json ? print_json(listing) : print_html(listing);
  auto sent = co_await with.to.send(std::move(head), std::move(body),
                                    with.request.method == request_method::get);
  co_return sent;
}

io::task<result<void>> content_handler::serve_bytes(const exchange& with, served_bytes what) {
  const request_head& request = with.request;
  const bool get = request.method == request_method::get;
  answer_head head;
  head.entity_tag = what.entity_tag;
  head.accepts_ranges = true;
  head.keep_alive = request.keep_alive;
  if (none_match_has(request.if_none_match, what.entity_tag)) {
    head.status = 304;
    auto sent = co_await with.to.send(std::move(head), {}, false);
    co_return sent;
  }
  range_request asked;
  if (get && if_range_holds(request.if_range, what.entity_tag)) {
    asked = parse_range(request.range, what.size);
  }
  if (asked.asked == range_request::kind::unsatisfiable) {
    head.status = 416;
    head.content_range = format("bytes */{}", what.size);
    auto sent = co_await with.to.send(std::move(head), {}, true);
    co_return sent;
  }
  if (what.size == 0) {  // an empty file needs no bytes on disk
    head.content_type = what.content_type;
    auto sent = co_await with.to.send(std::move(head), {}, true);
    co_return sent;
  }
  auto opened = co_await what.open();
  if (!opened) {
    auto sent = co_await answer_failure(with, opened.error());
    co_return sent;
  }
  io::file from = std::move(*opened);
  result<void> sent;
  if (asked.asked == range_request::kind::partial) {
    sent = co_await serve_ranges(with, what, std::move(asked.ranges), from);
  } else {
    head.content_length = what.size;
    head.content_type = what.content_type;
    sent = co_await with.to.send_text(print_answer_head(head));
    if (sent && get) { sent = co_await with.to.send_file(from, 0, what.size); }
  }
  co_await from.close();
  co_return sent;
}

io::task<result<void>> content_handler::serve_ranges(const exchange& with, const served_bytes& what,
                                                     std::vector<byte_range> ranges,
                                                     io::file& from) {
  answer_head head;
  head.status = 206;
  head.entity_tag = what.entity_tag;
  head.keep_alive = with.request.keep_alive;
  head.accepts_ranges = true;
  if (ranges.size() == 1) {
    head.content_length = ranges.front().length;
    head.content_type = what.content_type;
    head.content_range = print_content_range(ranges.front(), what.size);
    auto sent = co_await with.to.send_text(print_answer_head(head));
    if (!sent) { co_return sent; }
    auto bytes = co_await with.to.send_file(from, ranges.front().offset, ranges.front().length);
    co_return bytes;
  }
  multipart plan = plan_multipart(ranges, what.size, what.entity_tag, what.content_type);
  head.content_length = plan.length;
  head.content_type = format("multipart/byteranges; boundary={}", plan.boundary);
  auto sent = co_await with.to.send_text(print_answer_head(head));
  for (std::size_t i = 0; sent && i < ranges.size(); ++i) {
    sent = co_await with.to.send_text(std::move(plan.before_parts[i]));
    if (!sent) { break; }
    sent = co_await with.to.send_file(from, ranges[i].offset, ranges[i].length);
  }
  if (sent) { sent = co_await with.to.send_text(std::move(plan.end)); }
  co_return sent;
}

io::task<result<void>> content_handler::redirect(const exchange& with, int status,
                                                 std::string location) {
  answer_head head;
  head.status = status;
  head.location = std::move(location);
  head.keep_alive = with.request.keep_alive;
  auto sent = co_await with.to.send(std::move(head), {}, true);
  co_return sent;
}

io::task<result<void>> content_handler::complain(const exchange& with, int status,
                                                 std::string_view why) {
  auto sent =
      co_await with.to.send(error_head(status, with.request.keep_alive), std::string(why) + "\n",
                            with.request.method == request_method::get);
  co_return sent;
}

io::task<result<void>> content_handler::answer_failure(const exchange& with, error failure) {
  log::warning("http", escaped(format("cannot answer a request for {}: {}", with.request.target,
                                      describe(failure))));
  const bool missing = failure.code == errc::not_found;
  auto sent = co_await complain(with, missing ? 404 : 500,
                                missing ? "the bytes are missing here" : "reading failed here");
  co_return sent;
}

}  // namespace sluice::http
