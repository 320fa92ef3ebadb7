-- A plain Tarantool for tests: one user who may do everything, no spaces. Its place comes from the environment.
local dir = os.getenv('TT_DIR')
box.cfg{
    work_dir = dir,
    wal_mode = 'write',
    memtx_memory = 256 * 1024 * 1024,
    checkpoint_count = 2,
}
local user = os.getenv('TT_USER')
box.schema.user.create(user, { password = os.getenv('TT_PASSWORD'), if_not_exists = true })
box.schema.user.passwd(user, os.getenv('TT_PASSWORD'))
box.schema.user.grant(user, 'read,write,execute,create,alter,drop,usage,session', 'universe', nil, { if_not_exists = true })
-- Last: no client sees a half-built schema.
box.cfg{ listen = os.getenv('TT_LISTEN') }
require('log').info('ready')
