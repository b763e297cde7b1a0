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

}  // namespace

content_handler::content_handler(io::reactor& ring, const storage::library_reader& library,
                                 std::shared_ptr<const storage::content_catalogue> catalogue,
                                 access_policy policy, std::uint64_t index_cache_bytes,
                                 io::buffer_pool* buffers, std::uint32_t cold_readers_max)
    : library_(library),
      catalogue_(catalogue),
      policy_(policy),
      indexes_(library, catalogue, index_cache_bytes),
      files_(ring, library, std::move(catalogue)),
      ring_(ring) {
  if (buffers != nullptr) { cold_.emplace(*buffers, cold_readers_max); }
}

io::task<result<void>> content_handler::answer(const request_head& request, const principal& who,
                                               answer_writer& to) {
  const exchange with{request, who, to, catalogue_->revision()};
  if (is_withheld() && !is_of_distribution_point(request.bytes)) {
    auto sent = co_await complain(with, 503, "this distribution point is under maintenance");
    co_return sent;
  }
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
  served_bytes what{
      served_bytes::kind::file, target.content,   file,
      model::raw(file.size),    entity_tag(file), content_type(target.path.path, found.file.kind)};
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
  const std::string hash = admitted.entry->manifest_hash.hex();
  served_bytes what{served_bytes::kind::manifest,
                    target.content,
                    {},
                    model::raw(admitted.entry->manifest_size),
                    format("\"{}-manifest\"", hash),
                    octets};
  if (target.signature) {
    auto opened = co_await library_.open_signature(target.content);
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
    what.of = served_bytes::kind::signature;
    what.size = facts->size;
    what.entity_tag = format("\"{}-signature\"", hash);
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
  served_bytes what{served_bytes::kind::file, target.content, target.file, size,
                    entity_tag(target.file),  octets};
  if (target.pieces) {
    const std::uint64_t pieces = (size + limits::piece_size - 1) / limits::piece_size;
    what.of = served_bytes::kind::piece_layer;
    what.size = pieces * sizeof(model::digest);
    what.entity_tag = format("\"{}-pieces\"", target.file.text());
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
  const failed_request what{with.request.target, with.request.keep_alive,
                            with.request.method == request_method::get};
  auto sent = co_await tell_failure(with.to, what, std::move(failure));
  co_return sent;
}

io::task<result<void>> content_handler::tell_failure(answer_writer& to, failed_request what,
                                                     error failure) {
  log::warning("http",
               escaped(format("cannot answer a request for {}: {}", what.of, describe(failure))));
  const bool missing = failure.code == errc::not_found;
  auto sent = co_await to.send(error_head(missing ? 404 : 500, what.keep_alive),
                               missing ? "the bytes are missing here\n" : "reading failed here\n",
                               what.with_body);
  co_return sent;
}

}  // namespace sluice::http
