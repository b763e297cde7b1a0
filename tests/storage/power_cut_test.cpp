// The power goes at every step of a library's life, on a simulated disk that forgets what was not
// made durable. Whatever is visible afterwards must be true, and whatever was promised there.
#include <doctest/doctest.h>

#include <cstring>

#include "io/simulated_world.hpp"
#include "storage/storage.hpp"

namespace sluice::storage {

namespace {

constexpr const char* host = "node";
constexpr std::array<std::byte, 32> seed_bytes{std::byte{1}};

using file_bytes = std::vector<std::byte>;

file_bytes patterned(std::size_t size, unsigned from) {
  file_bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) { bytes[i] = static_cast<std::byte>((i + from) % 251); }
  return bytes;
}

/// What the script distributes: one large file, two small ones, one of them in both contents.
struct goods {
  hashing::signing_key key{seed_bytes};
  file_bytes large = patterned(2 * limits::piece_size + 5, 0);
  file_bytes shared = patterned(700, 1);
  file_bytes own = patterned(900, 2);
  hashing::measured_file measured = hashing::measure(large);

  struct packed {
    model::content_id content;
    std::string manifest;
    std::string signature;
    model::digest hash;
  };
  packed first = pack("PKG00001.1", {{"large", large}, {"own", own}, {"shared", shared}});
  packed second = pack("PKG00002.1", {{"empty", {}}, {"shared", shared}});

  packed pack(std::string_view name, std::vector<std::pair<std::string, file_bytes>> files) const {
    model::manifest whole;
    whole.header.content = *model::content_id::parse(name);
    std::uint64_t bytes = 0;
    for (const auto& [path, data] : files) {
      whole.entries.push_back({model::entry_kind::file, path, hashing::measure(data).id, ""});
      bytes += data.size();
    }
    whole.header.entries = static_cast<std::uint32_t>(files.size());
    whole.header.files = whole.header.entries;
    whole.header.bytes = model::byte_count{bytes};
    packed made{whole.header.content, model::print_manifest(whole), "", {}};
    const auto message = std::as_bytes(std::span(made.manifest));
    made.hash = hashing::sha256(message);
    made.signature = hashing::print_signature(hashing::id_of(key.verifier()),
                                              key.sign(hashing::manifest_context, message));
    return made;
  }
};

/// What the script was told before the power went.
struct promises {
  bool large_committed = false;
  bool first_committed = false;
  bool second_committed = false;
  bool removal_begun = false;
  bool removed = false;
  bool over = false;
  std::vector<piece_run> recorded{};
};

/// One life of the machine: a reactor, and a library on its disk.
struct machine {
  std::unique_ptr<io::reactor> ring;
  io::worker_pool workers{0};
  std::unique_ptr<io::buffer_pool> buffers;
  std::shared_ptr<content_catalogue> catalogue = std::make_shared<content_catalogue>();
  std::unique_ptr<content_library> library;

  explicit machine(io::simulated_world& world) {
    auto made = io::reactor::make(world.machine(host));
    REQUIRE(made.ok());
    ring = std::move(*made);
    buffers = std::make_unique<io::buffer_pool>(*ring, io::make_buffer_budget(16));
  }
};

io::task<bool> open_library(machine& on, const goods& given, std::vector<model::file_id> keep) {
  content_library::settings settings;
  settings.root = "/library";
  settings.site_keys = {given.key.verifier()};
  auto opened = co_await content_library::open(*on.ring, on.workers, *on.buffers, on.catalogue,
                                               settings, keep);
  if (!opened) { co_return false; }
  on.library = std::move(*opened);
  co_return true;
}

io::task<bool> give_manifest(content_library& library, const goods::packed& packed) {
  auto staged = co_await library.stage_manifest(packed.content);
  if (!staged) { co_return false; }
  auto written = co_await staged->write(std::as_bytes(std::span(packed.manifest)), 0);
  co_await staged->close();
  if (!written) { co_return false; }
  auto facts = co_await library.verify_manifest(
      packed.content, packed.hash, model::byte_count{packed.manifest.size()}, packed.signature);
  co_return facts.ok();
}

io::task<bool> give_piece(machine& on, staging_file& staged, const goods& given,
                          std::uint64_t piece) {
  auto memory = co_await on.buffers->acquire();
  const std::uint64_t offset = piece * limits::piece_size;
  const auto block = memory.bytes().first(staged.length_of(piece));
  std::memcpy(block.data(), given.large.data() + offset, block.size());
  auto taken = co_await staged.take(block, offset);
  auto written = co_await staged.target().write_tail(block, offset);
  if (taken) { staged.written(offset, written); }
  co_return taken.ok() && written.ok();
}

io::task<bool> give_large(machine& on, const goods& given, promises& told) {
  auto staged = co_await on.library->begin_file(given.measured.id, given.measured.pieces, {});
  if (!staged) { co_return false; }
  for (std::uint64_t piece = 0; piece < 3; ++piece) {
    const bool given_piece = co_await give_piece(on, **staged, given, piece);
    if (!given_piece) { co_return false; }
    auto durable = co_await (*staged)->make_durable();
    if (!durable) { co_return false; }
    told.recorded.insert(told.recorded.end(), durable->begin(), durable->end());
  }
  auto committed = co_await on.library->commit_file(std::move(*staged), io::on_existing::keep);
  told.large_committed = committed.ok();
  co_return committed.ok();
}

io::task<bool> give_small(content_library& library, const goods& given) {
  std::vector<content_library::small_file> files;
  files.push_back({hashing::measure(given.shared).id, given.shared});
  files.push_back({hashing::measure(given.own).id, given.own});
  auto outcomes = co_await library.commit_small(files, io::on_existing::keep);
  co_return !outcomes[0] && !outcomes[1];
}

/// The first content in, the second in, the first out; ends at the first failure.
io::task<void> script(machine& on, const goods& given, promises& told) {
  const bool opened = co_await open_library(on, given, {});
  if (!opened) { co_return; }
  content_library& library = *on.library;
  const bool manifest = co_await give_manifest(library, given.first);
  if (!manifest) { co_return; }
  const bool large = co_await give_large(on, given, told);
  if (!large) { co_return; }
  const bool small = co_await give_small(library, given);
  if (!small) { co_return; }
  auto first = co_await library.commit_content(given.first.content, library_user::site);
  told.first_committed = first.ok();
  if (!first) { co_return; }
  const bool other = co_await give_manifest(library, given.second);
  if (!other) { co_return; }
  auto second = co_await library.commit_content(given.second.content, library_user::site);
  told.second_committed = second.ok();
  if (!second) { co_return; }
  told.removal_begun = true;
  auto removed = co_await library.remove_content(given.first.content, library_user::site);
  told.removed = removed.ok();
  told.over = removed.ok();
}

/// Every name in filelib is that of its bytes; names of pieces are looked at with their file.
io::task<void> check_files(io::folder& root, std::uint64_t& wrong) {
  auto folders = co_await root.list("filelib");
  REQUIRE(folders.ok());
  for (const io::folder_entry& folder : *folders) {
    auto names = co_await root.list("filelib/" + folder.name);
    REQUIRE(names.ok());
    for (const io::folder_entry& name : *names) {
      const auto file = model::file_id::parse(name.name);
      if (!file) { continue; }
      auto bytes = co_await root.read_whole(file_path(*file), 16 * limits::mib);
      REQUIRE(bytes.ok());
      const auto measured = hashing::measure(std::as_bytes(std::span(*bytes)));
      if (measured.id != *file) { ++wrong; }
      if (measured.pieces.empty()) { continue; }
      auto layer = co_await root.read_whole(piece_layer_path(*file), limits::mib);
      const file_bytes right = hashing::print_piece_layer(measured.pieces);
      if (!layer || layer->size() != right.size() ||
          std::memcmp(layer->data(), right.data(), right.size()) != 0) {
        ++wrong;
      }
    }
  }
}

io::task<void> check_contents(machine& on, std::uint64_t& wrong) {
  for (const catalogue_entry& entry : on.catalogue->all()) {
    auto facts = co_await on.library->recheck_manifest(entry.content, entry.manifest_hash,
                                                       entry.manifest_size);
    if (!facts) { ++wrong; }
    missing_request asked;
    asked.content = entry.content;
    auto page = co_await on.library->missing(asked);
    if (!page || !page->files.empty() || !page->end) { ++wrong; }
  }
}

io::task<void> check(machine& on, const goods& given, const promises& told, std::uint64_t& wrong) {
  std::vector<model::file_id> keep{given.measured.id};
  const bool opened = co_await open_library(on, given, std::move(keep));
  REQUIRE(opened);
  auto root = co_await io::folder::open(*on.ring, "/library");
  REQUIRE(root.ok());
  co_await check_files(*root, wrong);
  co_await root->close();
  co_await check_contents(on, wrong);
  const bool first = on.catalogue->find(given.first.content).has_value();
  if (told.first_committed && !told.removal_begun && !first) { ++wrong; }
  if (told.removed && first) { ++wrong; }
  if (told.second_committed && !on.catalogue->find(given.second.content)) { ++wrong; }
  auto held = co_await on.library->holds(given.measured.id);
  REQUIRE(held.ok());
  if (told.large_committed && !told.removal_begun && !*held) { ++wrong; }
  if (!told.recorded.empty() && !*held && !told.removal_begun) {
    auto staged =
        co_await on.library->begin_file(given.measured.id, given.measured.pieces, told.recorded);
    REQUIRE(staged.ok());
    if ((*staged)->records_stale()) { ++wrong; }
    if ((*staged)->held().count() < told.recorded.size()) { ++wrong; }
    co_await on.library->release_file(std::move(*staged));
  }
}

/// Runs the script and cuts the power after so many steps; false when it was over before.
bool cut_after(std::uint64_t seed, std::uint64_t steps, const goods& given) {
  CAPTURE(seed);
  CAPTURE(steps);
  io::simulated_world world(seed);
  world.put_file(host, "library/left-alone", "");
  promises told;
  {
    machine before(world);
    before.ring->post([&] { before.ring->start(script(before, given, told)); });
    for (std::uint64_t step = 0; step < steps && !told.over; ++step) {
      before.ring->run_ready();
      if (!before.ring->advance_to_next_event()) { break; }
    }
    world.cut_power(host);
    before.ring->run_ready();
    while (before.ring->advance_to_next_event()) { before.ring->run_ready(); }
    before.library.reset();
    before.buffers.reset();
  }
  machine after(world);
  std::uint64_t wrong = 0;
  io::block_on<void>(*after.ring, [&] { return check(after, given, told, wrong); });
  CHECK(wrong == 0);
  after.library.reset();
  after.buffers.reset();
  return !told.over;
}

TEST_CASE("a power cut at any step leaves nothing visible or something true") {
  const goods given;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    std::uint64_t steps = seed;
    while (cut_after(seed, steps, given)) { steps += 3; }  // the seeds take turns
    CHECK(steps > 100);
  }
}

}  // namespace

}  // namespace sluice::storage
