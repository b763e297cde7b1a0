#include "http/response_judge.hpp"

#include <algorithm>

namespace sluice::http {

namespace {

/// "answered 403 Forbidden"; the reason comes from outside.
std::string answered(const response_head& head) {
  const std::string reason = escaped(head.reason, 64);
  return reason.empty() ? format("answered {}", head.status)
                        : format("answered {} {}", head.status, reason);
}

std::optional<std::chrono::seconds> retry_after(const response_head& head) {
  constexpr std::uint64_t longest = 3600;  // no source may put itself to sleep for ever
  const auto seconds = parse_decimal(without_spaces(head.retry_after));
  if (!seconds) { return std::nullopt; }
  return std::chrono::seconds(std::min(*seconds, longest));
}

fetch_failure judge_status(const response_head& head, const std::string& doing) {
  const int status = head.status;
  const auto refused = [&](std::string_view row) {
    fetch_failure failure = blamed(errc::refused, row, doing, answered(head));
    if (status == 429 || status == 503) { failure.retry_after = retry_after(head); }
    return failure;
  };
  if (status == 404 || status == 410) { return blamed(errc::not_found, "", doing, answered(head)); }
  if (status == 416) { return refused("X3"); }
  if (status == 429) { return refused("X4"); }
  if (status >= 500) { return refused("X5"); }
  if (status >= 400) { return refused("X1"); }
  if (status >= 300) { return refused("X6"); }
  return refused("X8");
}

bool same_media(std::string_view type, std::string_view media) {
  return type.size() >= media.size() && same_token(type.substr(0, media.size()), media);
}

/// What is wrong with the Content-Range of a 206, if anything.
std::optional<source_fault> range_fault(const response_head& head,
                                        const expected_answer& expected) {
  if (same_media(head.content_type, "multipart/")) {
    return source_fault{"X13", "answered several parts for one range"};
  }
  const auto given = parse_content_range(head.content_range);
  if (!given) { return source_fault{"X12", "answered 206 without a readable Content-Range"}; }
  const std::string shown = escaped(head.content_range, 100);
  if (!given->range) { return source_fault{"X3", format("answered Content-Range {}", shown)}; }
  if (!expected.range) {
    const bool whole = given->range->offset == 0 && given->size == given->range->length &&
                       (!expected.size || expected.size == given->size);
    if (whole) { return std::nullopt; }
    return source_fault{"X8", format("answered a part of the whole: {}", shown)};
  }
  if (given->range->offset != expected.range->offset) {
    return source_fault{"X9", format("answered a range that begins elsewhere: {}", shown)};
  }
  if (given->range->length != expected.range->length) {
    return source_fault{"X10", format("answered a range that ends elsewhere: {}", shown)};
  }
  if (given->size && expected.size && *given->size != *expected.size) {
    return source_fault{"X11", format("answered a range of another size: {}", shown)};
  }
  return std::nullopt;
}

/// How many bytes the answer should bring, and how many of them are asked for.
struct wanted_bytes {
  std::uint64_t body = 0;
  std::uint64_t take = 0;
};

wanted_bytes wanted_of(const response_head& head, const expected_answer& expected) {
  const std::uint64_t length = *head.content_length;
  if (head.status == 206 && expected.range) {
    return {expected.range->length, expected.range->length};
  }
  const std::uint64_t whole = expected.size.value_or(length);
  return {whole, expected.range ? expected.range->length : whole};
}

}  // namespace

fetch_failure blamed(errc code, std::string_view row, std::string_view doing, std::string what) {
  fetch_failure failure;
  failure.cause = error{code, 0, format("{}: it {}", doing, what)};
  failure.fault = {std::string(row), std::move(what)};
  return failure;
}

verdict judge_answer(const response_head& head, const expected_answer& expected) {
  verdict judged;
  const auto refuse = [&](std::string_view row, std::string what) {
    judged.failure = blamed(errc::refused, row, expected.what, std::move(what));
    return judged;
  };
  judged.framed = expected.head_only || (head.content_length && !head.transfer_coded);
  judged.body = expected.head_only ? 0 : head.content_length.value_or(0);
  if (head.status < 200) {  // nothing was asked that an interim answer could be about
    judged.framed = false;
  }
  if (head.status != 200 && head.status != 206) {
    judged.failure = judge_status(head, expected.what);
    return judged;
  }
  if (!head.content_encoding.empty() && !same_token(head.content_encoding, "identity")) {
    return refuse("X26",
                  format("coded its answer unasked: {}", escaped(head.content_encoding, 64)));
  }
  if (expected.head_only) { return judged; }
  if (head.transfer_coded) { return refuse("X19", "answered in chunks instead of with a length"); }
  if (!head.content_length) { return refuse("X17", "answered without a Content-Length"); }
  if (head.status == 206) {
    if (auto fault = range_fault(head, expected)) { return refuse(fault->row, fault->what); }
  } else if (expected.range && expected.range->offset != 0) {
    return refuse("X7", "answered 200 where a range was asked for");
  }
  const std::uint64_t length = *head.content_length;
  if (!expected.size && !expected.range && length > expected.bytes_max) {
    return refuse(
        "X16", format("answered {} bytes, more than the {} allowed", length, expected.bytes_max));
  }
  const wanted_bytes wanted = wanted_of(head, expected);
  judged.take = wanted.take;
  if (length != wanted.take) { judged.framed = false; }  // what is left belongs to nobody
  const auto blame_length = [&](errc code, std::string_view row) {
    judged.failure = blamed(code, row, expected.what,
                            format("promised {} bytes instead of {}", length, wanted.body));
  };
  if (length < wanted.take) {
    judged.take = expected.range ? length - length % limits::piece_size : 0;
    blame_length(errc::peer_closed, "X15");
  } else if (length > wanted.body) {
    blame_length(errc::refused, "X16");
  }
  return judged;
}

}  // namespace sluice::http
