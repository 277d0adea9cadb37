// A worker in a process of its own, to be killed.
import { openAndon } from '../../../src/andon.ts'
import { openPostgres } from '../../../src/store/postgres.ts'
import { type Hasty, surroundings } from './hasty.ts'

const hasty = JSON.parse(process.env.HASTY ?? '{}') as Hasty
const database = await openPostgres(hasty.databaseUrl)
const andon = await openAndon({ ...surroundings(hasty, 'worker'), database })
await andon.work()
console.log('working')
