// On the embedded database, a statement is parsed once and planned a few times, however often it runs.
import { type RawBuilder, sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await openTestDatabase()
  await sql`create temporary table things (name text)`.execute(database.kysely)
})
afterEach(() => database.close())

async function namesOf(text: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from pg_prepared_statements where statement = ${text}`.execute(database.kysely)
  return rows.map(({ name }) => name)
}

async function run(statement: RawBuilder<unknown>, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) await statement.execute(database.kysely)
}

test('a statement is prepared once for all its runs, in a transaction or not', async () => {
  const text = 'select name from things where name = $1'
  for (const name of ['a', 'b']) await sql`select name from things where name = ${name}`.execute(database.kysely)
  const [first, ...others] = await namesOf(text)
  expect(others).toEqual([])
  await database.kysely
    .transaction()
    .execute((transaction) => sql`select name from things where name = ${'c'}`.execute(transaction))
  await sql`select name from things where name = ${'d'}`.execute(database.reserved)
  expect(await namesOf(text)).toEqual([first])
})

test('after a thousand runs a statement is prepared anew, for tables that have grown', async () => {
  const statement = sql`select count(*) from things`
  await run(statement, 1_000)
  const [first] = await namesOf('select count(*) from things')
  await run(statement, 1)
  const [second, ...others] = await namesOf('select count(*) from things')
  expect(second).not.toBe(first)
  expect(others).toEqual([])
})

test('of more than six hundred statements the least recently used are given up', async () => {
  const count = async () => {
    const { rows } = await sql<{ count: number }>`select count(*) from pg_prepared_statements`.execute(database.kysely)
    return rows[0]?.count
  }
  for (let number = 0; number < 620; number += 1) await run(sql.raw(`select ${number}`), 1)
  expect(await count()).toBe(600)
  expect(await namesOf('select 0')).toEqual([])
  expect(await namesOf('select 619')).toHaveLength(1)
})

test('long statements, such as one for each number of rows that are written, take the place of others', async () => {
  const padding = `/* ${'x'.repeat(120_000)} */`
  for (let number = 0; number < 6; number += 1) await run(sql.raw(`select ${number} ${padding}`), 1)
  const asking = sql`select left(statement, 8) as words from pg_prepared_statements order by prepare_time`
  const { rows } = await asking.execute(database.kysely)
  expect(rows).toEqual(['select 2', 'select 3', 'select 4', 'select 5', 'select l'].map((words) => ({ words })))
})

test('a statement that fails does not keep the next one from running, and its transaction is rolled back', async () => {
  const divide = (by: number) => sql<{ result: number }>`select 6 / ${by}::int as result`
  await divide(2).execute(database.kysely)
  await expect(divide(0).execute(database.kysely)).rejects.toMatchObject({ code: '22012' })
  await expect(sql`select nothing from nowhere`.execute(database.kysely)).rejects.toMatchObject({ code: '42P01' })
  const failing = database.kysely.transaction().execute(async (transaction) => {
    await sql`insert into things values ('a')`.execute(transaction)
    await divide(0).execute(transaction)
  })
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  expect((await divide(3).execute(database.kysely)).rows).toEqual([{ result: 2 }])
  expect((await sql`select name from things`.execute(database.kysely)).rows).toEqual([])
})

test('a prepared statement sees a table as it is after a migration', async () => {
  const insert = sql`insert into things (name) values (${'a'}) returning name`
  await run(insert, 8)
  await sql`alter table things add column size int not null default 3`.execute(database.kysely)
  await run(insert, 1)
  const { rows } = await sql`select count(*), sum(size) from things`.execute(database.kysely)
  expect(rows).toEqual([{ count: 9, sum: 27 }])
})
