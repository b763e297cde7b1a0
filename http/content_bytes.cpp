#include "http/byte_range.hpp"
#include "http/content_handler.hpp"
#include "http/entity_tag.hpp"

namespace sluice::http {

namespace {

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

std::shared_ptr<const ready_answer> content_handler::find_ready(std::string_view head,
                                                                const principal& who) {
  if (is_withheld()) { return nullptr; }
  auto found = ready_.find(head, catalogue_->revision());
  if (!found) { return nullptr; }
  const bool granted = access(policy_, who, *catalogue_, found->content) == access_answer::granted;
  return granted ? found : nullptr;
}

/// The head and the bytes of a small file that is in memory leave with one call; the pages of a
/// file take another.
io::task<void> content_handler::remember(served_file& from, std::string_view head,
                                         std::uint64_t size) {
  std::string answer(head);
  answer.resize(head.size() + size);
  auto got =
      co_await from.cached.read(std::as_writable_bytes(std::span(answer)).subspan(head.size()), 0);
  // What another connection remembered meanwhile may be leaving. A failure: sending the file tells
  // it.
  if (got && *got == size && from.answer.empty()) { from.answer = std::move(answer); }
}

io::task<result<void>> content_handler::give(std::shared_ptr<const ready_answer> answer,
                                             answer_writer& to) {
  open_files::shared_file from = files_.find(answer->file);
  if (!from) {
    auto opened = co_await files_.get(answer->file);
    if (!opened) {  // nothing of the answer has left yet
      const failed_request what{answer->file.text(), true, true};
      auto told = co_await tell_failure(to, what, opened.error());
      co_return told;
    }
    from = std::move(*opened);
  }
  const std::uint64_t size = model::raw(answer->file.size);
  if (size <= limits::remembered_file_bytes_max) {
    if (from->answer.empty()) {
      // Once for each opening of the file.
      co_await remember(*from, answer->head, size);
    }
    const std::string_view known = from->answer;
    if (known.size() == answer->head.size() + size && known.starts_with(answer->head)) {
      auto whole_sent = co_await to.send_answer(known, size);
      co_return whole_sent;
    }
  }
  auto sent = co_await to.send_text(answer->head);
  if (sent) {
    const byte_range whole{0, size};
    sent = co_await send_part(to, *from, size, whole);
  }
  co_return sent;
}

io::task<result<open_files::shared_file>> content_handler::open(const served_bytes& what) {
  using outcome = result<open_files::shared_file>;
  using kind = served_bytes::kind;
  if (what.of == kind::file) {
    auto kept = co_await files_.get(what.file);
    co_return kept;
  }
  result<io::file> opened = error{errc::not_found, 0, {}};  // one of the three replaces it
  if (what.of == kind::piece_layer) { opened = co_await library_.open_piece_layer(what.file); }
  if (what.of == kind::manifest) { opened = co_await library_.open_manifest(what.content); }
  if (what.of == kind::signature) { opened = co_await library_.open_signature(what.content); }
  if (!opened) { co_return outcome(opened.error()); }
  auto shared = std::make_shared<served_file>();
  shared->cached = std::move(*opened);
  co_return outcome(std::move(shared));
}

io::task<result<void>> content_handler::serve_whole(const exchange& with, const served_bytes& what,
                                                    answer_head head, served_file& from) {
  const request_head& request = with.request;
  const bool get = request.method == request_method::get;
  head.content_length = what.size;
  head.content_type = what.content_type;
  std::string text = print_answer_head(head);
  const bool unconditional = request.range.empty() && request.if_none_match.empty();
  if (get && request.keep_alive && unconditional && what.of == served_bytes::kind::file) {
    ready_.keep(request.bytes, with.revision, {what.content, what.file, text});
  }
  auto sent = co_await with.to.send_text(text);
  const byte_range whole{0, what.size};
  if (sent && get) { sent = co_await send_part(with.to, from, what.size, whole); }
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
  auto opened = co_await open(what);
  if (!opened) {
    auto sent = co_await answer_failure(with, opened.error());
    co_return sent;
  }
  const open_files::shared_file from = std::move(*opened);
  if (asked.asked == range_request::kind::partial) {
    auto sent = co_await serve_ranges(with, what, std::move(asked.ranges), *from);
    co_return sent;
  }
  auto sent = co_await serve_whole(with, what, std::move(head), *from);
  co_return sent;
}

io::task<result<void>> content_handler::serve_ranges(const exchange& with, const served_bytes& what,
                                                     std::vector<byte_range> ranges,
                                                     served_file& from) {
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
    auto bytes = co_await send_part(with.to, from, what.size, ranges.front());
    co_return bytes;
  }
  multipart plan = plan_multipart(ranges, what.size, what.entity_tag, what.content_type);
  head.content_length = plan.length;
  head.content_type = format("multipart/byteranges; boundary={}", plan.boundary);
  auto sent = co_await with.to.send_text(print_answer_head(head));
  for (std::size_t i = 0; sent && i < ranges.size(); ++i) {
    sent = co_await with.to.send_text(plan.before_parts[i]);
    if (!sent) { break; }
    sent = co_await send_part(with.to, from, what.size, ranges[i]);
  }
  if (!sent) { co_return sent; }
  auto ended = co_await with.to.send_text(plan.end);
  co_return ended;
}

io::task<result<void>> content_handler::send_part(answer_writer& to, served_file& from,
                                                  std::uint64_t size, byte_range part) {
  const auto own = from.parts.add(part.offset, part.length);
  io::cold_reading cold;
  if (cold_ && from.direct.is_open() && part.length >= limits::cold_bytes_min &&
      from.take_cold(part.length, size, ring_.now())) {
    cold = {&from.direct, &*cold_, &from.parts, own};
  }
  auto sent = co_await to.send_file(from.cached, part.offset, part.length, cold);
  from.parts.remove(own);
  co_return sent;
}

}  // namespace sluice::http
