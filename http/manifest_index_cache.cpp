#include "http/manifest_index_cache.hpp"

#include <algorithm>

namespace sluice::http {

namespace {

constexpr std::uint64_t overhead_per_index = 256;

std::uint64_t cost_of(const manifest_index& index) { return index.bytes() + overhead_per_index; }

}  // namespace

struct manifest_index_cache::flight {
  model::digest manifest_hash;
  io::event landed;
  std::shared_ptr<const manifest_index> index;
  std::optional<error> failure;
};

manifest_index_cache::manifest_index_cache(
    const storage::library_reader& library,
    std::shared_ptr<const storage::content_catalogue> catalogue, std::uint64_t bytes_max)
    : library_(library), catalogue_(std::move(catalogue)), bytes_max_(bytes_max) {}

void manifest_index_cache::forget_removed() {
  const std::uint64_t revision = catalogue_->revision();
  if (revision == revision_) { return; }
  revision_ = revision;
  for (auto one = kept_.begin(); one != kept_.end();) {
    const auto entry = catalogue_->find(one->first);
    if (entry && entry->manifest_hash == one->second.manifest_hash) {
      ++one;
      continue;
    }
    bytes_ -= cost_of(*one->second.index);
    one = kept_.erase(one);
  }
}

void manifest_index_cache::make_room(std::uint64_t bytes) {
  while (!kept_.empty() && bytes_ + bytes > bytes_max_) {
    const auto oldest = std::min_element(
        kept_.begin(), kept_.end(),
        [](const auto& left, const auto& right) { return left.second.used < right.second.used; });
    bytes_ -= cost_of(*oldest->second.index);
    kept_.erase(oldest);
  }
}

io::task<result<std::shared_ptr<const manifest_index>>> manifest_index_cache::get(
    storage::catalogue_entry content) {
  using outcome = result<std::shared_ptr<const manifest_index>>;
  forget_removed();
  if (const auto kept = kept_.find(content.content);
      kept != kept_.end() && kept->second.manifest_hash == content.manifest_hash) {
    kept->second.used = ++uses_;
    co_return outcome(kept->second.index);
  }
  if (const auto other = under_way_.find(content.content);
      other != under_way_.end() && other->second->manifest_hash == content.manifest_hash) {
    const std::shared_ptr<flight> shared = other->second;
    co_await shared->landed.wait();
    if (shared->failure) { co_return outcome(*shared->failure); }
    co_return outcome(shared->index);
  }
  auto mine = std::make_shared<flight>();
  mine->manifest_hash = content.manifest_hash;
  under_way_.insert_or_assign(content.content, mine);
  co_await builders_.acquire();
  make_room(model::raw(content.manifest_size));
  auto made = co_await build(content);
  builders_.release();
  if (made) {
    mine->index = std::make_shared<const manifest_index>(std::move(*made));
    make_room(cost_of(*mine->index));
    // A longer-lived one under the same name was dropped by forget_removed, or is this very one.
    const auto [place, fresh] = kept_.try_emplace(content.content);
    if (!fresh) { bytes_ -= cost_of(*place->second.index); }
    place->second = {mine->index, content.manifest_hash, ++uses_};
    bytes_ += cost_of(*mine->index);
    ++built_;
  } else {
    mine->failure = made.error();
  }
  if (const auto place = under_way_.find(content.content);
      place != under_way_.end() && place->second == mine) {
    under_way_.erase(place);
  }
  mine->landed.set();
  if (mine->failure) { co_return outcome(*mine->failure); }
  co_return outcome(mine->index);
}

io::task<result<manifest_index>> manifest_index_cache::build(storage::catalogue_entry content) {
  auto opened = co_await library_.open_manifest(content.content);
  if (!opened) { co_return result<manifest_index>(opened.error()); }
  io::file from = std::move(*opened);
  model::manifest_parser parser;
  std::optional<manifest_index_builder> builder;
  std::vector<model::manifest_entry> entries;
  std::optional<error> failure;
  std::vector<std::byte> chunk(256 * limits::kib);
  std::uint64_t offset = 0;
  while (!failure) {
    auto got = co_await from.read(chunk, offset);
    if (!got) { failure = got.error(); }
    if (!got || *got == 0) { break; }
    offset += *got;
    entries.clear();
    const std::string_view text(reinterpret_cast<const char*>(chunk.data()), *got);
    if (auto fed = parser.feed(text, entries); !fed) { failure = fed.error(); }
    for (const model::manifest_entry& entry : entries) {
      if (!builder) { builder.emplace(parser.header(), content.manifest_size); }
      if (failure) { break; }
      if (auto added = builder->add(entry); !added) { failure = added.error(); }
    }
  }
  co_await from.close();
  if (!failure) {
    if (auto whole = parser.finish(); !whole) { failure = whole.error(); }
  }
  if (failure) { co_return result<manifest_index>(std::move(*failure)); }
  if (!builder) { builder.emplace(parser.header(), content.manifest_size); }
  co_return result<manifest_index>(builder->finish());
}

}  // namespace sluice::http
