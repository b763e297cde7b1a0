#include "io/simulated_backend.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/bundle.hpp"

namespace sluice::io::detail {

namespace {

using namespace std::chrono_literals;

constexpr std::uintptr_t block = 4096;

std::chrono::nanoseconds cost_of(const operation& asked) {
  switch (asked.code) {
    case opcode::read:
    case opcode::write: return 80us + std::chrono::nanoseconds(asked.memory.size() / 2);
    case opcode::sync_data:
    case opcode::sync_all: return 500us;
    case opcode::sync_volume: return 5ms;
    case opcode::receive:
    case opcode::send:
    case opcode::send_file:
    case opcode::accept: return 1us;
    case opcode::read_files: return 100us * asked.files.size();
    case opcode::write_files: return 100us;  // and again for each file
    case opcode::look_at_files: return 10us * asked.files.size();
    default: return 10us;
  }
}

bool is_bundle(opcode code) {
  return code == opcode::read_files || code == opcode::write_files ||
         code == opcode::rename_files || code == opcode::look_at_files;
}

}  // namespace

result<void> simulated_backend::attach(turning& served) {
  served_ = &served;
  world_->served.push_back(&served);
  return {};
}

void simulated_backend::detach() noexcept { std::erase(world_->served, served_); }

bool simulated_backend::turn(std::chrono::nanoseconds until) {
  bool any = world_->run_due();
  any |= world_->run_others(served_);
  if (any || until <= world_->now) { return any; }
  const auto next = std::min(until, world_->next_event());
  if (next == std::chrono::nanoseconds::max()) { return false; }
  world_->now = std::max(world_->now, next);
  return true;
}

int simulated_backend::fault_of(operation& asked) {
  int os_error = 0;
  for (fault& each : own_.faults) {
    if (each.code != asked.code) { continue; }
    if (each.nth > 0) { --each.nth; }
    if (each.nth == 0) { os_error = each.os_error; }
  }
  std::erase_if(own_.faults, [&](const fault& each) { return each.nth == 0 && !each.for_good; });
  return os_error;
}

/// Not 0: it fails with this.
int simulated_backend::fail(operation& asked) {
  const int os_error = fault_of(asked);
  const bool sync = asked.code == opcode::sync_data || asked.code == opcode::sync_all;
  const auto on = own_.handles.find(asked.descriptor);
  if (os_error != 0 && sync && on != own_.handles.end() && on->second.file) {
    simulated_disk::lose_unsynced(*on->second.file);
  }
  if (os_error != 0 && asked.code == opcode::sync_volume) { own_.disk.lose_all_unsynced(); }
  return os_error;
}

void simulated_backend::submit(operation& asked) {
  simulated_state& world = *world_;
  world.begin(asked, own_);
  const std::uint64_t number = asked.number;
  if (life_ != own_.life) {
    world.complete_after(1us, number, -EIO);
    return;
  }
  const auto cost = cost_of(asked);
  const auto delay = cost + std::chrono::nanoseconds(
                                world.random() % static_cast<std::uint64_t>(cost.count() / 4 + 1));
  if (const int os_error = fail(asked)) {
    world.complete_after(delay, number, -os_error);
    return;
  }
  world.after(delay, [this, number] {
    in_flight* const flight = world_->find(number);
    if (flight == nullptr) { return; }
    switch (flight->asked->code) {
      case opcode::connect: world_->connect(number); break;
      case opcode::accept: world_->accept(number); break;
      case opcode::receive: world_->receive(number); break;
      case opcode::send:
      case opcode::send_file: world_->send(number); break;
      case opcode::write_files:
      case opcode::rename_files: run_files(number, 0); break;
      default: world_->complete(number, execute(*flight->asked)); break;
    }
  });
}

/// File after file, so that a machine can end between two of them.
void simulated_backend::run_files(std::uint64_t number, std::size_t next) {
  in_flight* const flight = world_->find(number);
  if (flight == nullptr) { return; }
  if (next == flight->asked->files.size() || life_ != own_.life) {
    world_->complete(number, life_ == own_.life ? 0 : -EIO);
    return;
  }
  operation one = *flight->asked;
  one.files = one.files.subspan(next, 1);
  execute_bundle(one);
  world_->after(cost_of(one), [this, number, next] { run_files(number, next + 1); });
}

/// Each of its parts may fail, as if it had been asked alone.
std::int64_t simulated_backend::execute_bundle(operation& asked) {
  carry_out(asked, [this](operation& part) -> std::int64_t {
    const int os_error = fail(part);
    return os_error != 0 ? -os_error : execute(part);
  });
  return 0;
}

std::int64_t simulated_backend::execute(operation& asked) {
  if (is_bundle(asked.code)) { return execute_bundle(asked); }
  switch (asked.code) {
    case opcode::resolve:
      if (world_->known(asked.at->host, own_.host) == nullptr) { return -ENOENT; }
      asked.hosts->push_back(asked.at->host);
      return 0;
    case opcode::listen:
      return world_->listen(own_, *asked.at, static_cast<port_sharing>(asked.flags));
    case opcode::close: return close(asked.descriptor);
    case opcode::open_root: {
      node_pointer found;
      std::string_view path = asked.path;
      while (path.starts_with('/')) { path.remove_prefix(1); }
      const std::int64_t outcome = own_.disk.find(own_.disk.root(), path, found);
      if (outcome < 0) { return outcome; }
      if (found->kind != file_kind::folder) { return -ENOTDIR; }
      return world_->add(own_, {.file = std::move(found)});
    }
    default: break;
  }
  const auto on = own_.handles.find(asked.descriptor);
  if (on == own_.handles.end() || !on->second.file) { return -EBADF; }
  switch (asked.code) {
    case opcode::open_folder:
    case opcode::open_file:
    case opcode::rename:
    case opcode::remove_file:
    case opcode::remove_folder:
    case opcode::make_folder:
    case opcode::facts:
    case opcode::read_link:
    case opcode::list: return execute_on_name(asked, on->second.file);
    default: return execute_on_file(asked, on->second);
  }
}

std::int64_t simulated_backend::execute_on_file(operation& asked, handle& on) {
  switch (asked.code) {
    case opcode::read:
    case opcode::write: return transfer(asked, on);
    case opcode::sync_data:
    case opcode::sync_all: own_.disk.sync(*on.file); return 0;
    case opcode::allocate: return own_.disk.resize(*on.file, asked.length, true, world_->now);
    case opcode::truncate: return own_.disk.resize(*on.file, asked.length, false, world_->now);
    case opcode::set_permissions: on.file->permissions = asked.flags; return 0;
    case opcode::set_direct: on.direct = asked.flags == 1; return 0;
    case opcode::is_cached: return world_->random() % 2 == 0 ? 1 : 0;  // both ways must do
    case opcode::reopen_buffered: return world_->add(own_, {.file = on.file});
    case opcode::volume: *asked.volume = own_.disk.volume(); return 0;
    case opcode::sync_volume: own_.disk.sync_all(); return 0;
    default: return -EOPNOTSUPP;
  }
}

std::int64_t simulated_backend::transfer(operation& asked, const handle& on) {
  const bool aligned = asked.offset % block == 0 && asked.memory.size() % block == 0 &&
                       reinterpret_cast<std::uintptr_t>(asked.memory.data()) % block == 0;
  if (on.direct && !aligned) { return -EINVAL; }
  const std::size_t length =
      world_->shortened(own_, asked.memory.size(), on.direct ? std::size_t{block} : 1);
  const auto part = asked.memory.first(length);
  return asked.code == opcode::read ? own_.disk.read(*on.file, part, asked.offset)
                                    : own_.disk.write(*on.file, part, asked.offset, world_->now);
}

std::int64_t simulated_backend::execute_on_name(operation& asked, const node_pointer& in) {
  simulated_disk& disk = own_.disk;
  node_pointer found;
  switch (asked.code) {
    case opcode::open_folder: {
      const std::int64_t outcome = disk.find(in, asked.path, found);
      if (outcome < 0) { return outcome; }
      if (found->kind != file_kind::folder) { return -ENOTDIR; }
      return world_->add(own_, {.file = std::move(found)});
    }
    case opcode::open_file: {
      const std::int64_t outcome = disk.open(in, asked.path, *asked.options, world_->now, found);
      if (outcome < 0) { return outcome; }
      return world_->add(own_, {.file = std::move(found), .direct = asked.options->direct});
    }
    case opcode::rename: {
      const auto to = own_.handles.find(asked.other_descriptor);
      if (to == own_.handles.end() || !to->second.file) { return -EBADF; }
      return disk.rename(in, asked.path, to->second.file, asked.other_path, asked.flags == 1);
    }
    case opcode::remove_file: return disk.remove(in, asked.path, false);
    case opcode::remove_folder: return disk.remove(in, asked.path, true);
    case opcode::make_folder: return disk.make_folder(*in, asked.path, asked.flags, world_->now);
    case opcode::list:
      for (const auto& [name, child] : in->names) { asked.entries->push_back({name, child->kind}); }
      return 0;
    default: break;
  }
  std::string_view name = asked.path;
  found = in;
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos) {
    const std::int64_t outcome = disk.find(in, name.substr(0, slash), found);
    if (outcome < 0) { return outcome; }
    name.remove_prefix(slash + 1);
  }
  if (!name.empty()) {
    const auto named = found->names.find(name);
    if (named == found->names.end()) { return -ENOENT; }
    found = node_pointer(named->second);
  }
  if (asked.code == opcode::facts) {
    *asked.facts = disk.facts(*found);
    return 0;
  }
  if (found->kind != file_kind::link) { return -EINVAL; }
  *asked.text = found->bytes;
  return 0;
}

std::int64_t simulated_backend::close(int descriptor) {
  const auto closed = own_.handles.extract(descriptor);
  if (closed.empty()) { return -EBADF; }
  const handle& old = closed.mapped();
  if (old.end) { world_->shut(old.end); }
  if (old.door) {
    world_->shut(*old.door);
    std::erase(own_.doors, old.door);
  }
  return 0;
}

void simulated_backend::shut(int descriptor) noexcept {
  const auto on = own_.handles.find(descriptor);
  if (on == own_.handles.end()) { return; }
  if (on->second.end) { world_->shut(on->second.end); }
  if (on->second.door) { world_->shut(*on->second.door); }
}

void simulated_backend::close_now(int descriptor) noexcept { close(descriptor); }

}  // namespace sluice::io::detail
