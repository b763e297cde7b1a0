#include "storage/library_reader.hpp"

namespace sluice::storage {

io::task<result<std::unique_ptr<library_reader>>> library_reader::open(io::reactor& ring,
                                                                       std::string root) {
  auto opened = co_await io::folder::open(ring, std::move(root));
  if (!opened) { co_return opened.error(); }
  co_return std::unique_ptr<library_reader>(new library_reader(std::move(*opened)));
}

io::task<result<io::file>> library_reader::open_file(model::file_id file, bool direct) const {
  io::open_options options;
  options.direct = direct;
  return root_.open_file(file_path(file), options);
}

io::task<result<io::file>> library_reader::open_manifest(model::content_id content) const {
  return root_.open_file(manifest_path(content), {});
}

io::task<result<io::file>> library_reader::open_signature(model::content_id content) const {
  return root_.open_file(signature_path(content), {});
}

io::task<result<io::file>> library_reader::open_piece_layer(model::file_id file) const {
  return root_.open_file(piece_layer_path(file), {});
}

io::task<void> library_reader::close() { return root_.close(); }

}  // namespace sluice::storage
