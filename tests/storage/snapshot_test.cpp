#include "storage/snapshot.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t piece = limits::piece_size;

/// A source root with one folder in it, and the library that takes snapshots of it.
struct source_home : library_home {
  std::string root = folder() / "sources";
  std::string source = root + "/app";

  source_home() { std::filesystem::create_directories(source); }

  void put(const std::string& path, const file_bytes& bytes) const {
    const std::filesystem::path whole = source + "/" + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  result<snapshot_outcome> take(std::string_view content, std::string path = "app",
                                std::string beneath = "") {
    return take({beneath.empty() ? root : beneath, std::move(path),
                 *model::content_id::parse(content), &key()});
  }
  result<snapshot_outcome> take_unless_same(std::string_view content, std::string_view former) {
    return take({root, "app", *model::content_id::parse(content), &key(),
                 *model::content_id::parse(former)});
  }
  result<snapshot_outcome> take(const snapshot_request& request) {
    return block([&] {
      return take_snapshot(ring(), workers(), buffers(), library(), request,
                           [this](snapshot_progress now) {
                             told = now;
                             if (meanwhile) { std::exchange(meanwhile, {})(); }
                           });
    });
  }
  model::manifest manifest_of(std::string_view content) const {
    const auto parsed = model::parse_manifest(read_text(path(format("datalib/{}", content))));
    REQUIRE(parsed.ok());
    return *parsed;
  }
  /// One after another, each with another file.
  void take_versions(const std::vector<std::uint32_t>& numbers) {
    std::string last;
    for (const std::uint32_t number : numbers) {
      if (!last.empty()) { pass_time_since(last); }
      last = format("PKG00001.{}", number);
      put("a", bytes_of(last));
      REQUIRE(take(last).ok());
    }
  }
  [[nodiscard]] std::chrono::nanoseconds committed_at(const std::string& content) const {
    return changed_at(path("datalib/" + content));
  }
  /// Until the file system's clock has gone on.
  void pass_time_since(const std::string& content) const {
    const auto then = committed_at(content);
    const std::string probe = folder() / "probe";
    do { std::ofstream(probe) << "x"; } while (changed_at(probe) <= then);
  }
  static std::chrono::nanoseconds changed_at(const std::string& whole) {
    struct stat facts {};
    REQUIRE(::stat(whole.c_str(), &facts) == 0);
    return std::chrono::seconds(facts.st_ctim.tv_sec) +
           std::chrono::nanoseconds(facts.st_ctim.tv_nsec);
  }
  /// Returns which versions are left.
  std::vector<std::uint32_t> drop_former(std::chrono::nanoseconds before) {
    const auto former = catalogue->former(library_user::site);
    const auto dropped =
        block([&] { return library().drop_former(former, library_user::site, before); });
    CHECK(dropped.ok());
    std::vector<std::uint32_t> left;
    for (const auto& entry : catalogue->all()) { left.push_back(entry.content.version); }
    return left;
  }
  void check_nothing_added() {
    CHECK(entries_in(path("filelib")) == 0);
    CHECK(entries_in(path("staging")) == 0);
    CHECK(entries_in(path("datalib")) == 0);
    CHECK(entries_in(path("pkglib")) == 0);
    CHECK(catalogue->all().empty());
  }

  snapshot_progress told{};
  std::function<void()> meanwhile{};  ///< once, when the first file is stored
};

using versions = std::vector<std::uint32_t>;

std::vector<std::string> lines_of(const model::manifest& manifest) {
  std::vector<std::string> lines;
  for (const model::manifest_entry& entry : manifest.entries) {
    lines.push_back(format("{} {}", static_cast<char>(entry.kind), entry.path));
  }
  return lines;
}

TEST_CASE("a folder becomes a content: every file once, in the manifest's order") {
  source_home home;
  home.put("a/b", bytes_of("in a folder"));
  home.put("a-b", bytes_of("sorts before a/b"));
  home.put("big", patterned(5 * piece + 3));
  home.put("copy of big", patterned(5 * piece + 3));
  home.put("exact", patterned(piece));
  home.put("empty", {});
  home.put("run.sh", bytes_of("#!/bin/sh"));
  home.put("r\xC3\xA9sum\xC3\xA9 100%", bytes_of("in a folder"));
  ::chmod((home.source + "/run.sh").c_str(), 0755);
  std::filesystem::create_directories(home.source + "/void/within");
  std::filesystem::create_symlink("../big", home.source + "/a/link");
  std::filesystem::create_symlink("nowhere", home.source + "/dangling");

  const auto outcome = home.take("PKG00001.1");
  REQUIRE_MESSAGE(outcome.ok(), (outcome.ok() ? "" : describe(outcome.error())));
  CHECK(outcome->facts.files == 8);
  CHECK(outcome->files_new == 5);
  CHECK(outcome->files_shared == 3);
  CHECK(home.told.files == 8);
  const model::manifest manifest = home.manifest_of("PKG00001.1");
  CHECK(lines_of(manifest) ==
        std::vector<std::string>{"f a-b", "f a/b", "l a/link", "f big", "f copy of big",
                                 "l dangling", "f empty", "f exact", "x run.sh",
                                 "f r\xC3\xA9sum\xC3\xA9 100%", "d void/within"});
  for (const model::manifest_entry& entry : manifest.entries) {
    if (!entry.is_file()) { continue; }
    const std::string text = read_text(home.source + "/" + entry.path);
    CHECK(hashing::measure(bytes_of(text)).id == entry.file);
    CHECK(*read_committed(home, entry.file) == bytes_of(text));
  }
  CHECK(home.catalogue->find(*model::content_id::parse("PKG00001.1"))->users == 1);
  CHECK(entries_in(home.path("staging")) == 0);
  CHECK(home.take("PKG00001.1").error().code == errc::conflict);
}

TEST_CASE("a file that becomes a pipe meanwhile is refused, and nobody waits for its writer") {
  source_home home;
  for (int i = 0; i < 1000; ++i) { home.put(format("d{}", i), patterned(50)); }  // all lanes
  home.put("e", bytes_of("the last one"));
  home.meanwhile = [&] {
    const std::string path = home.source + "/e";
    REQUIRE(::unlink(path.c_str()) == 0);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  };
  const auto outcome = home.take("PKG00001.1");
  REQUIRE(!outcome);
  CHECK(outcome.error().code == errc::invalid);
  CHECK(describe(outcome.error()).find("'e' cannot read e: it is not a regular file") !=
        std::string::npos);
  home.check_nothing_added();
}

TEST_CASE("a second version stores only what is new") {
  source_home home;
  for (int i = 0; i < 700; ++i) { home.put(format("d{}/{}", i % 9, i), patterned(50, i % 250)); }
  home.put("big", patterned(2 * piece));
  const auto first = home.take("PKG00001.1");
  REQUIRE(first.ok());
  CHECK(first->files_new == 251);  // the content of files i and i + 250 is the same
  home.put("d0/0", bytes_of("changed"));
  const auto second = home.take("PKG00001.2");
  REQUIRE(second.ok());
  CHECK(second->files_new == 1);
  CHECK(second->files_shared == 700);
  CHECK(second->manifest_hash != first->manifest_hash);
  CHECK(entries_in(home.path("filelib")) == 253);
}

// G9
TEST_CASE("a folder that holds what a content does becomes no other one") {
  source_home home;
  home.put("a", bytes_of("one"));
  home.put("big", patterned(2 * piece));
  REQUIRE(home.take("PKG00001.1").ok());
  const auto same = home.take_unless_same("PKG00001.2", "PKG00001.1");
  REQUIRE(same.ok());
  CHECK(same->same);
  CHECK(home.catalogue->all().size() == 1);
  CHECK(entries_in(home.path("staging")) == 0);
  home.put("a", bytes_of("two"));
  const auto changed = home.take_unless_same("PKG00001.2", "PKG00001.1");
  REQUIRE(changed.ok());
  CHECK_FALSE(changed->same);
  CHECK(changed->files_new == 1);
  CHECK(changed->bytes_new == 3);
  CHECK(home.catalogue->all().size() == 2);
}

// B22
TEST_CASE("a former version goes when a newer one is long there, with the files only it had") {
  source_home home;
  home.put("a", bytes_of("one"));
  home.put("b", bytes_of("shared"));
  REQUIRE(home.take("PKG00001.1").ok());
  home.put("a", bytes_of("two"));
  home.pass_time_since("PKG00001.1");
  REQUIRE(home.take("PKG00001.2").ok());
  CHECK(home.drop_former(std::chrono::hours(1)) == versions{1, 2});
  CHECK(home.drop_former(std::chrono::nanoseconds::max()) == versions{2});
  CHECK(entries_in(home.path("filelib")) == 2);
}

TEST_CASE("a former version's time begins with the one after it, however often others follow") {
  source_home home;
  home.take_versions({1, 2, 3});
  CHECK(home.drop_former(home.committed_at("PKG00001.2") + std::chrono::nanoseconds(1)) ==
        versions{2, 3});
}

TEST_CASE("a version with a smaller number that came later is no former one") {
  source_home home;
  home.take_versions({5, 1});
  CHECK(home.drop_former(std::chrono::nanoseconds::max()) == versions{1, 5});
}

TEST_CASE("a removal takes all versions up to the one it names") {
  source_home home;
  home.take_versions({1, 2, 3});
  const auto removed = home.block([&] {
    return home.library().remove_versions(*model::content_id::parse("PKG00001.2"),
                                          library_user::site);
  });
  CHECK(removed.ok());
  REQUIRE(home.catalogue->all().size() == 1);
  CHECK(home.catalogue->all().front().content.version == 3);
}

TEST_CASE("small files beyond what shares two barriers are stored as well") {
  source_home home;
  for (int i = 0; i < 4200; ++i) {
    home.put(format("d{}/{}", i % 7, i), bytes_of(format("file {}", i % 4150)));
  }
  const auto outcome = home.take("PKG00001.1");
  REQUIRE(outcome.ok());
  CHECK(outcome->files_new == 4150);
  CHECK(outcome->files_shared == 50);
  CHECK(entries_in(home.path("filelib")) == 4150);
  CHECK(entries_in(home.path("staging")) == 0);
}

TEST_CASE("an empty folder is a content without entries") {
  source_home home;
  const auto outcome = home.take("PKG00001.1");
  REQUIRE(outcome.ok());
  CHECK(outcome->facts.files == 0);
}

TEST_CASE("what cannot be distributed refuses the whole package, naming all of it") {
  source_home home;
  home.put("good", patterned(100));
  home.put("good big", patterned(3 * piece));
  home.put("bad\xFFname", patterned(100));
  ::mkfifo((home.source + "/pipe").c_str(), 0600);
  std::filesystem::create_symlink("../../etc/passwd", home.source + "/leaves");
  std::filesystem::create_symlink("/etc/passwd", home.source + "/absolute");
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string at = home.source + "/socket";
  REQUIRE(at.size() < sizeof address.sun_path);
  at.copy(address.sun_path, at.size());
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);

  const auto outcome = home.take("PKG00001.1");
  ::close(listener);
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().code == errc::invalid);
  const std::string text = describe(outcome.error());
  CAPTURE(text);
  for (const char* name : {"'pipe'", "'leaves'", "'absolute'", "'socket'", "'bad\\xffname'"}) {
    CHECK(text.find(name) != std::string::npos);
  }
  CHECK(text.find("'good'") == std::string::npos);
  home.check_nothing_added();
}

TEST_CASE("an unreadable file refuses the package, and what was stored before it goes again") {
  if (::geteuid() == 0) { return; }  // root reads everything
  source_home home;
  for (int i = 0; i < 300; ++i) { home.put(format("a{:03}", i), patterned(100, i % 250)); }
  home.put("big", patterned(3 * piece));
  home.put("z", patterned(100));
  ::chmod((home.source + "/z").c_str(), 0);
  const auto outcome = home.take("PKG00001.1");
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().doing.find("'z'") != std::string::npos);
  home.check_nothing_added();
}

TEST_CASE("a file that does not have the size it says changed while it was read") {
  source_home home;  // files of /proc say 0 and have more
  const auto outcome = home.take("PKG00001.1", "random", "/proc/sys/kernel");
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().code == errc::invalid);
  CHECK(outcome.error().doing.find("'boot_id' changed while it was read") != std::string::npos);
  home.check_nothing_added();
}

TEST_CASE("the first hundred offenders are named and the others counted") {
  source_home home;
  for (int i = 0; i < 130; ++i) {
    std::filesystem::create_symlink("/", home.source + format("/link{:03}", i));
  }
  const auto outcome = home.take("PKG00001.1");
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().doing.find("and 30 more") != std::string::npos);
}

TEST_CASE("a refused package leaves the files that others refer to") {
  source_home home;
  home.put("f", patterned(100));
  home.put("g", patterned(2 * piece));
  REQUIRE(home.take("PKG00001.1").ok());
  std::filesystem::create_symlink("/", home.source + "/leaves");
  home.put("h", patterned(200));
  REQUIRE_FALSE(home.take("PKG00001.2").ok());
  CHECK(entries_in(home.path("filelib")) == 3);
  CHECK(home.catalogue->all().size() == 1);
}

TEST_CASE("a source is opened only beneath its root") {
  source_home home;
  home.put("f", patterned(100));
  std::filesystem::create_directory_symlink("/etc", home.root + "/escape");
  CHECK_FALSE(home.take("PKG00001.1", "../library").ok());
  CHECK_FALSE(home.take("PKG00001.1", "/etc").ok());
  CHECK_FALSE(home.take("PKG00001.1", "escape").ok());
  CHECK_FALSE(home.take("PKG00001.1", "missing").ok());
  std::filesystem::remove(home.root + "/escape");
  CHECK(home.take("PKG00001.1", "").ok());
}

}  // namespace

}  // namespace sluice::storage
