// A worker as its database sees it: it beats before its first claim, says that it is stopping before it requeues
// anything, and does not beat after that.
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { waitUntil } from '../support/andon-process.ts'
import { recordMeasurements } from '../support/measurements.ts'

let app: AndonApp
afterEach(() => app.close())

test('the first beat comes before the first claim, and none comes after `stopping`', async () => {
  const frozen = Promise.withResolvers<void>()
  app = await openAndonApp()
  const { andon, github } = app
  github.chooseFaults(({ kind }) => (kind === 'dispatch' ? { kind: 'freeze', until: frozen.promise } : null))
  await app.openLabeledIssue()
  await github.whenIdle()
  await writeDown()
  await andon.startWorker()
  await waitUntil('a dispatch is on its way', () => app.dispatched().length > 0)
  const closed = andon.close()
  await waitUntil('it says that it is stopping', async () => (await written()).includes('stopping'))
  frozen.resolve()
  await closed

  const order = await written()
  expect(order[0]).toBe('beat')
  expect(order).toContain('claim')
  const stopping = order.indexOf('stopping')
  expect(order.slice(stopping)).toEqual(['stopping', 'release', 'forget'])
  recordMeasurements('beats', { 'beats before the first claim': 1, 'claims and beats after stopping': 0 })
})

async function writeDown(): Promise<void> {
  const { kysely } = app.database
  await sql`create table written (id bigint generated always as identity, what text not null)`.execute(kysely)
  await sql`
    create function write_down() returns trigger language plpgsql as $$
    begin
      if tg_table_name = 'loops' then
        insert into written (what) select case when tg_op = 'DELETE' then 'forget'
          when new.status = 'stopping' then 'stopping' else 'beat' end;
      elsif new.claim_token is not null and new.claim_token is distinct from old.claim_token then
        insert into written (what) values ('claim');
      elsif new.claim_token is null and old.claim_token is not null then
        insert into written (what) values ('release');
      end if;
      return null;
    end $$`.execute(kysely)
  await sql`create trigger down after insert or update or delete on loops for each row execute function write_down()`.execute(
    kysely,
  )
  await sql`create trigger down after update on effects for each row execute function write_down()`.execute(kysely)
}

async function written(): Promise<readonly string[]> {
  const { rows } = await sql<{ what: string }>`select what from written order by id`.execute(app.database.kysely)
  return rows.map(({ what }) => what)
}
