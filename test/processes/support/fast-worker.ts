// A worker in a process of its own, to be killed or frozen: by the test, or by itself at the moment that it is doomed to.
import { openAndon } from '../../../src/andon.ts'
import { openPostgres } from '../../../src/store/postgres.ts'
import { doomed } from './crash-point.ts'
import { type Hasty, surroundings } from './fast-clock.ts'

const hasty = JSON.parse(process.env.HASTY ?? '{}') as Hasty
const { fetch, ...rest } = surroundings(hasty, 'worker')
const plain = { database: await openPostgres(hasty.databaseUrl), fetch }
const andon = await openAndon({ ...rest, ...(hasty.doom === null ? plain : doomed(hasty.doom, plain)) })
await andon.work()
console.log('working')
