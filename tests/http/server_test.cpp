#include "http/server.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <future>

#include "http/byte_range.hpp"
#include "http/wire_path.hpp"
#include "tests/http/raw_peer.hpp"
#include "tests/http/running_server.hpp"

using namespace sluice;
using namespace sluice::http;
using namespace sluice::http::test;
using namespace std::chrono_literals;

namespace {

/// PKG00012.3: a few files of each kind of size, links, folders.
struct served_content : test_library {
  served_content() {
    small = add("docs/readme.txt", patterned(1000, 1));
    middle = add("middle.bin", patterned(65'536, 2));
    large = add("large.bin", patterned(3'300'000, 3));
    add("empty", "");
    add("bin/tool.html", "#!/bin/sh\n", model::entry_kind::executable);
    add("a b/\xC3\xA4&<>.txt", "umlaut");
    add_link("latest", "docs/readme.txt");
    add_link("documents", "docs");
    add_folder("nothing");
    commit("PKG00012.3");
  }
  model::file_id small;
  model::file_id middle;
  model::file_id large;
};

std::string tag_of(const model::file_id& file) {
  return "\"" + file.digest.hex() + "-" + std::to_string(model::raw(file.size)) + "\"";
}

constexpr const char* base = "/content/PKG00012.3/";

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 65536> chunk{};
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    output.append(chunk.data(), got);
  }
  CHECK(::pclose(pipe) == 0);
  return output;
}

}  // namespace

TEST_CASE("what was asked before is answered as before, until the catalogue says otherwise") {
  served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const std::string target = std::string(base) + "docs/readme.txt";
  const auto first = peer.get(target);
  const auto second = peer.get(target);
  CHECK(second.raw_head == first.raw_head);
  CHECK(second.body == first.body);
  CHECK(peer.get(target, "Range: bytes=0-3\r\n").body == first.body.substr(0, 4));
  CHECK(peer.get(target, "", "HEAD").raw_head == first.raw_head);

  const auto entry = content.catalogue->find(content.content);
  REQUIRE(entry.has_value());
  // The file is exchanged, as healing does it: a new file under the old name.
  const std::string path = storage::file_path(content.small);
  const std::string healed(first.body.rbegin(), first.body.rend());
  content.write(path + ".new", healed);
  std::filesystem::rename(content.root() + "/" + path + ".new", content.root() + "/" + path);
  content.catalogue->put(*entry);
  CHECK(peer.get(target).body == healed);

  content.catalogue->remove(content.content);
  CHECK(peer.get(target).head.status == 404);
  content.catalogue->put(*entry);
  CHECK(peer.get(target).body == healed);
}

TEST_CASE("every file of a content is served under its path, whatever its size") {
  const served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  for (const auto& [path, bytes] : content.files) {
    const std::string target = base + encode_path(path);
    const auto got = peer.get(target);
    CHECK(got.head.status == 200);
    CHECK(got.body == bytes);
    const auto head = peer.get(target, "", "HEAD");
    CHECK(head.head.status == 200);
    CHECK(head.head.content_length == bytes.size());
    CHECK(head.head.entity_tag == got.head.entity_tag);
  }
  const auto text = peer.get(std::string(base) + "docs/readme.txt");
  CHECK(text.head.content_type == "text/plain; charset=utf-8");
  CHECK(text.head.entity_tag == tag_of(content.small));
  CHECK(text.raw_head.find("Accept-Ranges: bytes\r\n") != std::string::npos);
  CHECK(peer.get(std::string(base) + "bin/tool.html").head.content_type ==
        "application/octet-stream");
  CHECK(peer.get(std::string(base) + "latest").body == content.files.at("docs/readme.txt"));
  CHECK(peer.get(std::string(base) + "documents/readme.txt").body ==
        content.files.at("docs/readme.txt"));
  CHECK(server.counters->connections_open == 1);
  CHECK(server.counters->bytes_sent > 3'300'000);
}

TEST_CASE("files, piece layers, manifests and signatures are served under their ids") {
  const served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const auto& id = content.content;
  CHECK(peer.get(file_target(id, content.large)).body == content.files.at("large.bin"));
  CHECK(peer.get(pieces_target(id, content.large)).body == content.layers.at(content.large));
  CHECK(peer.get(pieces_target(id, content.small)).head.status == 404);
  CHECK(peer.get(manifest_target(id)).body == content.manifest);
  CHECK(peer.get(signature_target(id)).body == "the site's word\n");
  model::file_id other = content.small;
  other.size = model::byte_count{999};
  CHECK(peer.get(file_target(id, other)).head.status == 404);
}

TEST_CASE("a file of another content is not served in this one's name") {
  served_content content;
  test_library other;
  const auto foreign = other.add("foreign", patterned(500, 9));
  content.write(storage::file_path(foreign), patterned(500, 9));
  running_server server(content);
  raw_peer peer(server.port());
  CHECK(peer.get(file_target(content.content, foreign)).head.status == 404);
}

TEST_CASE("only what this distribution point holds is served, and only to whom it may be") {
  served_content content;
  const auto target = std::string(base) + "latest";
  {
    running_server server(content);
    raw_peer peer(server.port());
    CHECK(peer.get("/content/PKG00012.4/latest").head.status == 404);
    CHECK(peer.get("/manifest/PKG00099.1").head.status == 404);
    CHECK(peer.get(target).head.status == 200);
    content.catalogue->remove(content.content);
    CHECK(peer.get(target).head.status == 404);
    content.commit("PKG00012.3", storage::library_user::site);
    CHECK(peer.get(target).head.status == 404);
    CHECK(peer.get(manifest_target(content.content)).head.status == 404);
    content.commit("PKG00012.3");
    CHECK(peer.get(target).head.status == 200);
  }
  {
    running_server server(content, {}, {false, true});
    raw_peer peer(server.port());
    CHECK(peer.get(target).head.status == 403);
    CHECK(peer.get("/content/PKG00099.1/x").head.status == 403);
    CHECK(peer.get("/content/PKG00099/current/x").head.status == 403);
  }
  running_server server(content, {}, {true, false});
  raw_peer peer(server.port());
  CHECK(peer.get(target).head.status == 404);
}

// A9
TEST_CASE(
    "under maintenance clients are answered 503 with the time to ask again, distribution points "
    "not") {
  served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const auto target = std::string(base) + "latest";
  CHECK(peer.get(target).head.status == 200);
  CHECK(peer.get(target).head.status == 200);  // as it is kept
  server.withheld->store(true);
  for (const std::string& one :
       {target, manifest_target(content.content), std::string("/content/PKG00099.1/x")}) {
    const auto answer = peer.get(one);
    CHECK(answer.head.status == 503);
    CHECK(answer.body == "this distribution point is under maintenance\n");
    CHECK(answer.head.retry_after == "5");
  }
  CHECK(peer.get(target, "User-Agent: sluice\r\n").head.status == 200);
  server.withheld->store(false);
  CHECK(peer.get(target).head.status == 200);
}

// D11
TEST_CASE("who was given content is counted, as a client or as a distribution point") {
  served_content content;
  running_server server(content);
  const auto small = std::string(base) + "latest";
  const auto large = std::string(base) + "large.bin";
  {
    raw_peer client(server.port());
    for (int i = 0; i < 3; ++i) { CHECK(client.get(small).head.status == 200); }
    CHECK(client.get(large, "Range: bytes=5-14\r\n").head.status == 206);
    raw_peer point(server.port());
    CHECK(point.get(large, "User-Agent: sluice\r\n").head.status == 200);
    raw_peer behind_proxy(server.port());
    CHECK(behind_proxy.get(small, "user-agent: sluice\r\n").head.status == 200);
    // Who is given no content is nobody's visitor.
    raw_peer looker(server.port());
    CHECK(looker.get(small, "User-Agent: sluice-like\r\n", "HEAD").head.status == 200);
    CHECK(looker.get(base, "").head.status == 200);
    CHECK(looker.get("/content/PKG00099.1/x").head.status == 404);
  }
  server.stop();
  const std::vector<model::visit> expected{
      {model::visitor_kind::client, "127.0.0.1", 3 * 1000 + 10},
      {model::visitor_kind::distribution_point, "127.0.0.1", 3'300'000 + 1000}};
  CHECK(server.counters->visitors.take() == expected);
  CHECK(server.counters->visitors.take().empty());
}

// D11
TEST_CASE("who leaves in the midst of a file was there") {
  served_content content;
  running_server server(content);
  {
    raw_peer leaver(server.port());
    CHECK(leaver.send("GET " + std::string(base) + "large.bin HTTP/1.1\r\nHost: dp\r\n\r\n"));
    CHECK(leaver.receive());
  }
  server.stop();
  const auto visits = server.counters->visitors.take();
  REQUIRE(visits.size() == 1);
  CHECK(visits.front().identity == "127.0.0.1");
}

// D11
TEST_CASE("of a crowd of visitors each byte is counted, though not each name is kept") {
  client_census census;
  for (std::size_t i = 0; i < client_census::visitors_max + 10; ++i) {
    census.add({model::visitor_kind::client, format("{}", i), 3});
  }
  census.add({model::visitor_kind::client, "0", 4});
  const auto visits = census.take();
  CHECK(visits.size() == client_census::visitors_max + 1);
  CHECK(visits.front() == model::visit{model::visitor_kind::client, "", 30});
  CHECK(visits[1] == model::visit{model::visitor_kind::client, "0", 7});
}

TEST_CASE("the current version of a package is a redirect") {
  served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const auto first = peer.get("/content/PKG00012/current/a%20b/x?json");
  CHECK(first.head.status == 302);
  CHECK(first.raw_head.find("Location: /content/PKG00012.3/a%20b/x?json\r\n") != std::string::npos);
  content.commit("PKG00012.4");
  const auto second = peer.get("/content/PKG00012/current");
  CHECK(second.raw_head.find("Location: /content/PKG00012.4/\r\n") != std::string::npos);
  CHECK(peer.get("/content/PKG00013/current/").head.status == 404);
}

TEST_CASE("folders are listed, for browsers and for programs") {
  const served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const auto page = peer.get(base);
  CHECK(page.head.content_type == "text/html; charset=utf-8");
  CHECK(page.body.find("href=\"./a%20b/\"") != std::string::npos);
  CHECK(page.body.find("large.bin</a></td><td>3300000<") != std::string::npos);
  const auto list = peer.get(base, "Accept: application/json\r\n");
  CHECK(list.head.content_type == "application/json");
  CHECK(list.body.find("{\"name\":\"latest\",\"kind\":\"link\",\"target\":\"docs/readme.txt\"}") !=
        std::string::npos);
  CHECK(peer.get(std::string(base) + "?json").body == list.body);
  CHECK(peer.get(std::string(base) + "documents/?json").body.find("readme.txt") !=
        std::string::npos);
  CHECK(peer.get(std::string(base) + "nothing/?json").body.find("\"entries\":[]") !=
        std::string::npos);
  CHECK(peer.get(base, "", "HEAD").head.content_length == page.body.size());
  for (const auto& [target, location] :
       {std::pair{"/content/PKG00012.3", "/content/PKG00012.3/"},
        std::pair{"/content/PKG00012.3/a%20b?json", "/content/PKG00012.3/a%20b/?json"}}) {
    const auto moved = peer.get(target);
    CHECK(moved.head.status == 301);
    CHECK(moved.raw_head.find(std::string("Location: ") + location + "\r\n") != std::string::npos);
  }
  CHECK(peer.get(std::string(base) + "latest/").head.status == 404);
}

TEST_CASE("ranges are served to the byte") {
  const served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const std::string& bytes = content.files.at("large.bin");
  const std::string target = std::string(base) + "large.bin";
  const auto ask = [&](const std::string& range) {
    return peer.get(target, "Range: " + range + "\r\n");
  };
  struct row {
    const char* asked;
    std::size_t offset, length;
  };
  for (const row& one : {row{"bytes=0-0", 0, 1}, row{"bytes=1048576-2097151", 1'048'576, 1'048'576},
                         row{"bytes=3299999-", 3'299'999, 1}, row{"bytes=-5", 3'299'995, 5},
                         row{"bytes=0-99999999", 0, 3'300'000}, row{"bytes=7-65543", 7, 65'537}}) {
    const auto got = ask(one.asked);
    CHECK(got.head.status == 206);
    CHECK(got.head.content_range == print_content_range({one.offset, one.length}, bytes.size()));
    CHECK(got.body == bytes.substr(one.offset, one.length));
    CHECK(got.head.entity_tag == tag_of(content.large));
  }
  for (const char* const wrong : {"bytes=3300000-", "bytes=5-1", "bytes=x", "bytes=-0"}) {
    const auto got = ask(wrong);
    CHECK(got.head.status == 416);
    CHECK(got.head.content_range == "bytes */3300000");
  }
  CHECK(ask("furlongs=1-2").head.status == 200);
  CHECK(peer.get(target, "Range: bytes=0-1\r\n", "HEAD").head.status == 200);
  CHECK(peer.get(std::string(base) + "empty", "Range: bytes=0-\r\n").head.status == 416);
}

/// Asks the kernel to forget a file's pages; a file system in memory does not.
void drop_from_cache(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  CHECK(::fdatasync(file) == 0);
  CHECK(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
  ::close(file);
}

TEST_CASE("a cold file is served to many at once, in parts that lie apart or overlap") {
  served_content content;
  const std::string path = content.root() + "/" + storage::file_path(content.large);
  const std::string& bytes = content.files.at("large.bin");
  running_server server(content);
  const std::vector<std::vector<byte_range>> rounds{
      {{0, 1'500'000}, {1'500'000, 1'800'000}},          // side by side
      {{0, 3'300'000}, {0, 3'300'000}, {0, 3'300'000}},  // all of it, three times
      {{0, 2'000'000}, {1'000'000, 2'300'000}, {3'299'000, 1000}}};
  for (const auto& parts : rounds) {
    drop_from_cache(path);
    std::vector<std::unique_ptr<raw_peer>> peers;
    for (const byte_range& part : parts) {
      peers.push_back(std::make_unique<raw_peer>(server.port()));
      REQUIRE(peers.back()->send(
          "GET " + std::string(base) +
          "large.bin HTTP/1.1\r\nHost: dp\r\nRange: bytes=" + std::to_string(part.offset) + "-" +
          std::to_string(part.offset + part.length - 1) + "\r\n\r\n"));
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto got = peers[i]->next_answer();
      CHECK(got.head.status == 206);
      CHECK(got.body == bytes.substr(parts[i].offset, parts[i].length));
    }
  }
}

TEST_CASE("several ranges come as parts of one answer") {
  const served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const std::string& bytes = content.files.at("large.bin");
  const auto got = peer.get(std::string(base) + "large.bin", "Range: bytes=0-9,1000-200000,-3\r\n");
  CHECK(got.head.status == 206);
  const std::string kind = "multipart/byteranges; boundary=";
  REQUIRE(got.head.content_type.starts_with(kind));
  const std::string boundary = got.head.content_type.substr(kind.size());
  std::string expected;
  for (const byte_range& range :
       {byte_range{0, 10}, byte_range{1000, 199'001}, byte_range{3'299'997, 3}}) {
    expected += "\r\n--" + boundary + "\r\nContent-Type: application/octet-stream\r\n" +
                "Content-Range: " + print_content_range(range, bytes.size()) + "\r\n\r\n" +
                bytes.substr(range.offset, range.length);
  }
  CHECK(got.body == expected + "\r\n--" + boundary + "--\r\n");
}

TEST_CASE("conditional requests are answered by the entity tag") {
  const served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const std::string target = std::string(base) + "latest";
  const std::string tag = tag_of(content.small);
  for (const std::string& has : {tag, "W/" + tag, std::string("*"), "\"x\", " + tag}) {
    const auto got = peer.get(target, "If-None-Match: " + has + "\r\n");
    CHECK(got.head.status == 304);
    CHECK(got.head.entity_tag == tag);
  }
  CHECK(peer.get(target, "If-None-Match: \"x\"\r\n").head.status == 200);
  const std::string range = "Range: bytes=0-1\r\n";
  CHECK(peer.get(target, range + "If-Range: " + tag + "\r\n").head.status == 206);
  CHECK(peer.get(target, range + "If-Range: W/" + tag + "\r\n").head.status == 200);
  CHECK(peer.get(target, range + "If-Range: \"x\"\r\n").head.status == 200);
  CHECK(peer.get(target, range + "If-Range: Sat, 29 Oct 1994 19:43:31 GMT\r\n").head.status == 200);
}

TEST_CASE("pipelined requests are answered in their order on one connection") {
  const served_content content;
  running_server server(content);
  raw_peer peer(server.port());
  const std::vector<std::string> paths{"docs/readme.txt", "large.bin", "missing", "empty",
                                       "middle.bin"};
  std::string text;
  for (int round = 0; round < 8; ++round) {
    for (const auto& path : paths) {
      text += "GET " + (base + path) + " HTTP/1.1\r\nHost: dp\r\n\r\n";
    }
  }
  REQUIRE(peer.send(text));
  for (int round = 0; round < 8; ++round) {
    for (const auto& path : paths) {
      const auto got = peer.next_answer();
      const auto known = content.files.find(path);
      CHECK(got.head.status == (known == content.files.end() ? 404 : 200));
      if (known != content.files.end()) { CHECK(got.body == known->second); }
    }
  }
  CHECK(server.counters->requests == 40);
}

TEST_CASE("a connection is kept or closed as it is asked") {
  const served_content content;
  running_server server(content);
  for (const char* const text :
       {"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n",
        "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    raw_peer peer(server.port());
    REQUIRE(peer.send(text));
    const std::string all = peer.until_closed();
    CHECK(all.starts_with("HTTP/1.1 404 "));
    CHECK(all.find("Connection: close\r\n") != std::string::npos);
  }
}

TEST_CASE("a refused head is told why, and the connection ends") {
  const served_content content;
  running_server server(content);
  raw_peer put(server.port());
  REQUIRE(put.send("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"));
  const std::string answer = put.until_closed();
  CHECK(answer.starts_with("HTTP/1.1 405 "));
  CHECK(answer.find("Allow: GET, HEAD\r\n") != std::string::npos);
  raw_peer folded(server.port());
  REQUIRE(folded.send("GET /x HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n"));
  CHECK(folded.until_closed().starts_with("HTTP/1.1 400 "));
  CHECK(server.counters->requests_refused == 2);
}

TEST_CASE("no spelling of a path leaves the content") {
  served_content content;
  content.write("secret", "the secret");
  running_server server(content);
  raw_peer peer(server.port());
  for (const char* const path :
       {"../../secret", "%2e%2e/%2e%2e/secret", "..%2f..%2fsecret", "..%5c..%5csecret",
        "docs/../../../secret", "%252e%252e/secret", "/secret", "//secret", "%00", "docs%00",
        "%c0%ae%c0%ae/secret", "....//secret", ".%2e/.%2e/secret", "a%20b/%2e%2e/latest"}) {
    const auto got = peer.get(std::string(base) + path);
    CHECK_MESSAGE((got.head.status == 400 || got.head.status == 404), path);
    CHECK(got.body.find("the secret") == std::string::npos);
  }
  CHECK(peer.get("/secret").head.status == 404);
  CHECK(peer.get("/../secret").head.status == 400);
  CHECK(peer.get("/file/PKG00012.3/../../secret").head.status == 404);
}

TEST_CASE("a slow head and an idle connection meet their deadlines") {
  const served_content content;
  connection_bounds bounds;
  bounds.head = 300ms;
  bounds.idle = 300ms;
  running_server server(content, bounds);
  raw_peer slow(server.port());
  REQUIRE(slow.send("GET /x HTTP/1.1\r\nHost"));
  CHECK(slow.until_closed().starts_with("HTTP/1.1 408 "));
  raw_peer silent(server.port());
  CHECK(silent.until_closed().empty());
  raw_peer idle(server.port());
  CHECK(idle.get("/x").head.status == 404);
  CHECK(idle.until_closed().empty());
}

TEST_CASE("a client that takes nothing loses its connection, not the others' time") {
  const served_content content;
  connection_bounds bounds;
  bounds.stall = 300ms;
  running_server server(content, bounds);
  raw_peer stuck(server.port());
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "GET " + std::string(base) + "large.bin HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  REQUIRE(stuck.send(text));
  raw_peer other(server.port());
  CHECK(other.get(std::string(base) + "latest").head.status == 200);
  while (server.counters->connections_open > 1) {  // bounded poll
    CHECK(other.get(std::string(base) + "latest").head.status == 200);
  }
}

TEST_CASE("connections over the caps are closed, and those within them are served") {
  const served_content content;
  connection_bounds bounds;
  bounds.connections_per_address_max = 2;
  running_server server(content, bounds);
  raw_peer first(server.port());
  CHECK(first.get("/x").head.status == 404);
  {
    raw_peer second(server.port());
    CHECK(second.get("/x").head.status == 404);
    raw_peer third(server.port());
    CHECK(third.until_closed().empty());
    CHECK(server.counters->connections_refused == 1);
    REQUIRE(second.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    second.until_closed();
  }
  while (server.counters->connections_open > 1) {  // bounded poll
    CHECK(first.get("/x").head.status == 404);
  }
  raw_peer fourth(server.port());
  CHECK(fourth.get("/x").head.status == 404);
}

TEST_CASE("a thousand hostile heads leave the server serving") {
  const served_content content;
  connection_bounds bounds;
  bounds.head = 50ms;
  running_server server(content, bounds);
  seeded_random random(20240229);
  const std::array<std::string_view, 12> words{"GET ",
                                               "/content/PKG00012.3/",
                                               "%2e%2e/",
                                               " HTTP/1.1\r\n",
                                               "Host: a\r\n",
                                               "\r\n",
                                               "\n",
                                               "Transfer-Encoding: chunked\r\n",
                                               "Range: bytes=",
                                               "Content-Length: 1\r\n",
                                               " x\r\n",
                                               "\0\xff"};
  for (int round = 0; round < 1000; ++round) {
    std::string text;
    const std::uint64_t parts = random() % 12 + 1;
    for (std::uint64_t part = 0; part < parts; ++part) {
      if (random() % 2 == 0) {
        text += words[random() % words.size()];
      } else {
        for (std::uint64_t i = random() % 40; i > 0; --i) { text += static_cast<char>(random()); }
      }
    }
    raw_peer peer(server.port());
    peer.send(text);
  }
  raw_peer peer(server.port());
  CHECK(peer.get(std::string(base) + "latest").body == content.files.at("docs/readme.txt"));
  CHECK(server.counters->requests_refused > 100);
}

TEST_CASE("a server that stops finishes what is under way and closes what is idle") {
  const served_content content;
  running_server server(content);
  raw_peer idle(server.port());
  CHECK(idle.get("/x").head.status == 404);
  raw_peer busy(server.port());
  REQUIRE(busy.send("GET " + std::string(base) + "large.bin HTTP/1.1\r\nHost: a\r\n\r\n"));
  REQUIRE(busy.receive());
  const auto stopped = std::async(std::launch::async, [&] { server.stop(); });
  CHECK(idle.until_closed().empty());
  // It ends with this answer, which may be more than the sockets hold.
  CHECK(busy.next_answer().body == content.files.at("large.bin"));
  stopped.wait();
}

TEST_CASE("curl fetches a file, resumes it, and follows the current version") {
  const served_content content;
  running_server server(content);
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port());
  const std::string curl = "curl --silent --show-error --fail --noproxy '*' ";
  CHECK(output_of(curl + origin + base + "large.bin") == content.files.at("large.bin"));
  CHECK(output_of(curl + "-r 1000000- " + origin + base + "large.bin") ==
        content.files.at("large.bin").substr(1'000'000));
  CHECK(output_of(curl + "-L " + origin + "/content/PKG00012/current/latest") ==
        content.files.at("docs/readme.txt"));
  CHECK(output_of(curl + origin + base + "a%20b/%C3%A4%26%3C%3E.txt") == "umlaut");
}

TEST_CASE("the observation server answers what its function says") {
  auto started = io::reactor_thread::start("observe");
  REQUIRE(started.ok());
  io::reactor& ring = (*started)->get();
  auto opened = io::block_on<result<std::unique_ptr<observation_server>>>(ring, [&] {
    return observation_server::open(ring, {"127.0.0.1", 0}, [](std::string_view path) {
      if (path == "/livez") { return plain_answer{200, "text/plain", "ok\n"}; }
      return plain_answer{404, "text/plain", "no\n"};
    });
  });
  REQUIRE(opened.ok());
  observation_server* const server = opened->get();
  ring.post([&ring, server] { ring.start(server->serve()); });
  raw_peer peer(server->local().port);
  CHECK(peer.get("/livez?x").body == "ok\n");
  CHECK(peer.get("/other").head.status == 404);
  ring.post([server] { server->stop(); });
  CHECK(peer.until_closed().empty());
  started->reset();
}
