#include "tests/storage/library_home.hpp"

#include <cstring>

namespace sluice::storage {

namespace {

io::task<result<void>> write_manifest(content_library& library, const made_content& made) {
  auto staged = co_await library.stage_manifest(made.content);
  if (!staged) { co_return staged.error(); }
  auto written = co_await staged->write(std::as_bytes(std::span(made.manifest)), 0);
  co_await staged->close();
  co_return written;
}

struct feeding {
  io::buffer_pool& buffers;
  staging_file& staged;
  const file_bytes& bytes;
  std::vector<std::uint64_t> refused{};
};

io::task<void> feed_piece(feeding& work, std::uint64_t piece) {
  const std::uint64_t offset = piece * limits::piece_size;
  const std::uint64_t length = work.staged.length_of(piece);
  auto memory = co_await work.buffers.acquire();
  const auto block = memory.bytes().first(length);
  std::memcpy(block.data(), work.bytes.data() + offset, length);
  auto taken = co_await work.staged.take(block, offset);
  auto written = co_await work.staged.target().write_tail(block, offset);
  if (taken) {
    work.staged.written(offset, written);
  } else {
    work.refused.push_back(piece);
  }
}

io::task<void> feed_pieces(feeding& work, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t piece = first; piece < first + count; ++piece) {
    co_await feed_piece(work, piece);
  }
}

io::task<result<file_bytes>> read_through(io::reactor& ring, std::string root,
                                          model::file_id file) {
  auto reader = co_await library_reader::open(ring, root);
  if (!reader) { co_return reader.error(); }
  auto opened = co_await (*reader)->open_file(file);
  if (!opened) { co_return opened.error(); }
  file_bytes bytes(model::raw(file.size) + 1);
  auto length = co_await opened->read(bytes, 0);
  co_await opened->close();
  co_await (*reader)->close();
  if (!length) { co_return length.error(); }
  bytes.resize(*length);
  co_return bytes;
}

result<void> install_large(library_home& home, const made_content& made, const model::file_id& file,
                           io::on_existing how) {
  auto staged =
      home.block([&] { return home.library().begin_file(file, made.layers.at(file), {}); });
  if (!staged) { return staged.error(); }
  feed(home, **staged, made.files.at(file), 0, hashing::piece_count(file.size));
  return home.block([&] { return home.library().commit_file(std::move(*staged), how); });
}

result<void> install_page(library_home& home, const made_content& made,
                          const std::vector<model::file_id>& files, io::on_existing how) {
  std::vector<content_library::small_file> small;
  for (const model::file_id& file : files) {
    if (model::raw(file.size) <= limits::piece_size) {
      small.push_back({file, made.files.at(file)});
      continue;
    }
    auto stored = install_large(home, made, file, how);
    if (!stored) { return stored; }
  }
  const auto outcomes = home.block([&] { return home.library().commit_small(small, how); });
  for (const auto& outcome : outcomes) {
    if (outcome) { return *outcome; }
  }
  return {};
}

}  // namespace

made_content make_content(const library_home& home, std::string_view name,
                          const std::map<std::string, file_bytes>& files) {
  made_content made;
  made.content = *model::content_id::parse(name);
  model::manifest whole;
  whole.header.content = made.content;
  std::uint64_t bytes = 0;
  for (const auto& [path, data] : files) {
    const hashing::measured_file measured = hashing::measure(data);
    whole.entries.push_back({model::entry_kind::file, path, measured.id, ""});
    bytes += data.size();
    made.files[measured.id] = data;
    if (!measured.pieces.empty()) { made.layers[measured.id] = measured.pieces; }
  }
  whole.header.entries = static_cast<std::uint32_t>(files.size());
  whole.header.files = whole.header.entries;
  whole.header.bytes = model::byte_count{bytes};
  made.manifest = model::print_manifest(whole);
  const auto message = std::as_bytes(std::span(made.manifest));
  made.hash = hashing::sha256(message);
  made.signature = hashing::print_signature(hashing::id_of(home.key().verifier()),
                                            home.key().sign(hashing::manifest_context, message));
  return made;
}

result<content_facts> give_manifest(library_home& home, const made_content& made) {
  auto written = home.block([&] { return write_manifest(home.library(), made); });
  if (!written) { return written.error(); }
  return home.block([&] {
    return home.library().verify_manifest(made.content, made.hash,
                                          model::byte_count{made.manifest.size()}, made.signature);
  });
}

std::vector<std::uint64_t> feed(library_home& home, staging_file& staged, const file_bytes& bytes,
                                std::uint64_t first, std::uint64_t count) {
  feeding work{home.buffers(), staged, bytes};
  home.block([&] { return feed_pieces(work, first, count); });
  return work.refused;
}

result<void> install(library_home& home, const made_content& made, library_user user,
                     bool redistribute) {
  const auto facts = give_manifest(home, made);
  if (!facts) { return facts.error(); }
  missing_request asked{.content = made.content};
  asked.all = redistribute;
  while (true) {
    const auto page = home.block([&] { return home.library().missing(asked); });
    if (!page) { return page.error(); }
    const auto how = redistribute ? io::on_existing::replace : io::on_existing::keep;
    auto stored = install_page(home, made, page->files, how);
    if (!stored) { return stored; }
    if (page->end) { break; }
    asked.from = page->next;
  }
  return home.block([&] { return home.library().commit_content(made.content, user); });
}

result<file_bytes> read_committed(library_home& home, const model::file_id& file) {
  return home.block([&] { return read_through(home.ring(), home.path(""), file); });
}

}  // namespace sluice::storage
