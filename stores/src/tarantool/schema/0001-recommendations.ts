/**
 * Lists, generations and live states: spaces, and the functions that are all of what a program may do with them.
 *
 * Every function is one transaction that never yields before its commit, so each sees and leaves one moment. Spaces that
 * are sharded have `bucket_id` first in their primary key, whose index has the name that vshard looks for; functions take
 * the bucket (or the buckets, beside the profiles) first, where a router reads it. Generations, the pointer and positions
 * are of each shard: it answers out of its own.
 *
 * Values stay bytes: the client's tuples come packed, one behind the other, and go into the space as they are, through
 * Tarantool's C API (`box_replace`), because Lua of 2.6 can only make text of bytes. Each is unpacked before, which checks
 * it: what is no msgpack is refused. Reads answer tuples, which are sent as they lie in memory. A persistent function is
 * loaded in an empty environment and runs in the full one: so `ffi` is asked for in the first call.
 *
 * Outcomes that a caller must expect are values ('unknown', 'active', 'exists'), not errors.
 */
import type { TarantoolMigration } from "./migration.ts";

/** `write(space, packed, each)`: every tuple of `packed` for which `each(tuple, position)` says so replaces its like. */
const WRITE = `
  local ffi, msgpack
  local function write(space, packed, each)
    if ffi == nil then
      ffi, msgpack = require('ffi'), require('msgpack')
      -- Declared twice is no harm; a compiled call out of Lua must not meet a change of fibers.
      pcall(ffi.cdef, 'int box_replace(uint32_t space_id, const char *tuple, const char *tuple_end, void **result);')
      jit.off(write)
    end
    local bytes = ffi.cast('const char *', packed)
    local at, position = 1, 0
    while at <= #packed do
      local tuple, behind = msgpack.decode(packed, at)
      position = position + 1
      if each(tuple, position) and ffi.C.box_replace(space.id, bytes + at - 1, bytes + behind - 1, nil) ~= 0 then
        box.error()
      end
      at = behind
    end
  end
`;

/** `transaction(action)`: whole or nothing. */
const TRANSACTION = `
  local function transaction(action)
    box.begin()
    local ok, outcome = pcall(action)
    if not ok then
      box.rollback()
      error(outcome, 0)
    end
    box.commit()
    return outcome
  end
`;

/** What is loaded can't see the globals (see above): the helpers get them from the function that runs. */
const withHelpers = (main: string) => `(function()
  local ready
  ${WRITE}
  ${TRANSACTION}
  local main = ${main}
  return function(...)
    if not ready then
      for _, each in ipairs({ write, transaction, main }) do setfenv(each, getfenv(1)) end
      ready = true
    end
    return main(...)
  end
end)()`;

const FUNCTIONS: Readonly<Record<string, string>> = {
  thewatcher_schema_version: `function()
    return box.space.thewatcher_schema_migrations.index.primary:max()[1]
  end`,

  thewatcher_describe: `function()
    local memory = box.slab.info()
    return _TARANTOOL, box.cfg.wal_mode, memory.arena_used, memory.quota_size
  end`,

  thewatcher_begin: `function(generation, note)
    local generations = box.space.thewatcher_generations
    if generations:get({ generation }) ~= nil then return 'exists' end
    generations:insert({ generation, 0, false, note })
    return 'done'
  end`,

  thewatcher_generations: `function()
    local pointer = box.space.thewatcher_pointers:get({ 'active' })
    return pointer and pointer.generation or box.NULL, box.space.thewatcher_generations:select()
  end`,

  thewatcher_active: `function()
    local pointer = box.space.thewatcher_pointers:get({ 'active' })
    return pointer and pointer.generation or box.NULL
  end`,

  thewatcher_activate: `function(generation)
    local found = box.space.thewatcher_generations:get({ generation })
    if found == nil or found.dropping then return 'unknown' end
    local pointers = box.space.thewatcher_pointers
    local before = pointers:get({ 'active' })
    pointers:replace({ 'active', generation })
    return 'done', before and before.generation or box.NULL
  end`,

  thewatcher_put_lists: withHelpers(`function(bucket_id, generation, packed)
    return transaction(function()
      local generations, lists = box.space.thewatcher_generations, box.space.thewatcher_lists
      local found = generations:get({ generation })
      if found == nil or found.dropping then return 'unknown' end
      local pointer = box.space.thewatcher_pointers:get({ 'active' })
      if pointer ~= nil and pointer.generation == generation then return 'active' end
      local before = lists:len()
      write(lists, packed, function(tuple)
        if tuple[2] ~= generation then error('a list of ' .. tostring(tuple[2]) .. ' among those of ' .. generation) end
        return true
      end)
      local added = lists:len() - before
      if added > 0 then generations:update({ generation }, { { '+', 'list_count', added } }) end
      return 'done'
    end)
  end`),

  thewatcher_mark_dropped: `function(generation)
    local generations = box.space.thewatcher_generations
    local found = generations:get({ generation })
    if found == nil or found.dropping then return 'unknown' end
    local pointer = box.space.thewatcher_pointers:get({ 'active' })
    if pointer ~= nil and pointer.generation == generation then return 'active' end
    generations:update({ generation }, { { '=', 'dropping', true } })
    return 'done'
  end`,

  thewatcher_drop_step: withHelpers(`function(bucket_id, generation, bucket_count, lists_max)
    local outcome = transaction(function()
      local generations, lists = box.space.thewatcher_generations, box.space.thewatcher_lists
      local found = generations:get({ generation })
      if found == nil then return box.NULL end
      if not found.dropping then error(generation .. ' is not being dropped') end
      local left = lists_max
      for bucket = bucket_id, bucket_count do
        local some = lists:select({ bucket, generation }, { limit = left })
        for _, tuple in ipairs(some) do lists:delete({ bucket, generation, tuple.profile_id }) end
        left = left - #some
        if left == 0 then return bucket end
      end
      generations:delete({ generation })
      return box.NULL
    end)
    -- Lua holds what was deleted, and its memory, until it is collected.
    collectgarbage()
    return outcome
  end`),

  thewatcher_get_lists: `function(bucket_ids, profile_ids, asked)
    local generation = asked
    if generation == nil then
      local pointer = box.space.thewatcher_pointers:get({ 'active' })
      if pointer == nil then return 'none' end
      generation = pointer.generation
    end
    local found = box.space.thewatcher_generations:get({ generation })
    if found == nil or found.dropping then return 'unknown' end
    local index, lists = box.space.thewatcher_lists.index[0], {}
    for i, profile_id in ipairs(profile_ids) do
      lists[i] = index:get({ bucket_ids[i], generation, profile_id }) or box.NULL
    end
    return 'done', generation, lists
  end`,

  thewatcher_get_states: `function(bucket_ids, profile_ids)
    local index, states = box.space.thewatcher_states.index[0], {}
    for i, profile_id in ipairs(profile_ids) do
      states[i] = index:get({ bucket_ids[i], profile_id }) or box.NULL
    end
    return states
  end`,

  thewatcher_get_state_unless: `function(bucket_id, profile_id, known)
    local found = box.space.thewatcher_states:get({ bucket_id, profile_id })
    if found == nil then return 'none' end
    if found.revision == known then return 'same' end
    return 'changed', found
  end`,

  thewatcher_put_states: withHelpers(`function(bucket_id, packed, replaced, topic, partition, next_offset)
    return transaction(function()
      local states, positions = box.space.thewatcher_states, box.space.thewatcher_positions
      local conflicts = setmetatable({}, { __serialize = 'array' })
      write(states, packed, function(tuple, position)
        local stands, expected = states:get({ tuple[1], tuple[2] }), replaced[position]
        if stands == nil and expected == nil then return true end
        if stands ~= nil and expected ~= nil and stands.revision == expected then return true end
        table.insert(conflicts, position - 1)
        return false
      end)
      if #conflicts == 0 and topic ~= nil then
        local before = positions:get({ topic, partition })
        if before == nil or next_offset > before.next_offset then
          positions:replace({ topic, partition, next_offset })
        end
      end
      return conflicts
    end)
  end`),

  thewatcher_positions: `function(topic)
    return box.space.thewatcher_positions:select({ topic })
  end`,
};

const quote = (text: string) => `[==[${text}]==]`;

const SPACES = `
local function space(name, format, parts)
  box.schema.space.create(name, { format = format }):create_index('primary', { parts = parts })
end
space('thewatcher_generations', {
  { 'generation', 'string' }, { 'list_count', 'unsigned' }, { 'dropping', 'boolean' }, { 'note', 'string' },
}, { 'generation' })
space('thewatcher_pointers', { { 'name', 'string' }, { 'generation', 'string' } }, { 'name' })
space('thewatcher_positions', {
  { 'topic', 'string' }, { 'partition', 'unsigned' }, { 'next_offset', 'unsigned' },
}, { 'topic', 'partition' })
local sharded = box.schema.space.create('thewatcher_lists', { format = {
  { 'bucket_id', 'unsigned' }, { 'generation', 'string' }, { 'profile_id', 'string' }, { 'list', 'varbinary' },
} })
sharded:create_index('bucket_id', { parts = { 'bucket_id', 'generation', 'profile_id' } })
sharded = box.schema.space.create('thewatcher_states', { format = {
  { 'bucket_id', 'unsigned' }, { 'profile_id', 'string' }, { 'revision', 'varbinary' }, { 'state', 'varbinary' },
} })
sharded:create_index('bucket_id', { parts = { 'bucket_id', 'profile_id' } })
box.schema.role.create('thewatcher_program', { if_not_exists = true })
`;

export const recommendationsMigration: TarantoolMigration = {
  version: 1,
  name: "recommendations",
  lua: [
    SPACES,
    ...Object.entries(FUNCTIONS).flatMap(([name, body]) => [
      `box.schema.func.create('${name}', { setuid = true, body = ${quote(body)} })`,
      `box.schema.role.grant('thewatcher_program', 'execute', 'function', '${name}')`,
    ]),
  ].join("\n"),
};
