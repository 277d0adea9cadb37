// /health/deliveries and /health/effects: what went wrong, to be done again or dropped, one, some or all of it. More than one
// is counted first: a second form names exactly what was counted.
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { describeRepair, describeRepaired, REPAIRS, type RepairName } from '../render/repairs.ts'
import { expectOwnForm, limitForm, onlyPost } from './forms.ts'
import { HttpError } from './http-errors.ts'
import type { RepairList } from './operators.ts'
import { noSuchPage, parseId, queryOf } from './params.ts'
import { type HonoEnv, noticesOf, onlookerOf, type RequestContext, type SiteConfig } from './site.ts'
import type { Views } from './views.ts'

export function addRepairRoutes(app: Hono<HonoEnv>, o: { views: Views; config: SiteConfig; log: Logger }): void {
  for (const name of ['deliveries', 'effects'] as const) {
    const path = `/health/${name}`
    app.get(path, (context) => showList(context, name, listOf(context, name)))
    app.post(path, limitForm, (context) => act(context, name, listOf(context, name)))
    app.all(path, onlyPost(`go to ${path}`))
  }

  async function showList(context: RequestContext, name: RepairName, list: RepairList): Promise<Response> {
    return render(context, name, { rows: await list.list(), done: parseDone(name, queryOf(context)), asked: null })
  }

  async function act(context: RequestContext, name: RepairName, list: RepairList): Promise<Response> {
    const onlooker = onlookerOf(context)
    const form = await expectOwnForm(context, onlooker)
    const order = ORDERS[form.order ?? '']
    if (order === undefined) throw new HttpError(400, 'A button of the page says what to do.')
    const listed = (await list.list()).map(({ id }) => id)
    const named = await namedIds(context)
    // The oldest first, as they came.
    const ids = listed.filter((id) => order.isAll || named.includes(id)).toSorted((a, b) => a - b)
    if (ids.length === 0) throw new HttpError(400, 'Choose at least one that is still on the list.')
    const { isDropped } = order
    if (form.sure !== 'yes' && (order.isAll || ids.length > 1)) {
      const words = `${describeRepair(name, { chosen: ids.length, isDropped })}.`
      const asked = { ids, order: isDropped ? 'drop' : 'replay', words }
      return render(context, name, { rows: [], done: null, asked })
    }
    const acted = await (isDropped ? list.drop(ids) : list.replay(ids))
    o.log.info({ list: name, ids, acted, isDropped, by: onlooker.user?.login }, 'an operator repaired')
    const query = new URLSearchParams({
      acted: `${acted}`,
      chosen: `${ids.length}`,
      ...(isDropped && { dropped: 'yes' }),
    })
    return context.redirect(`${o.config.baseUrl}/health/${name}?${query}`, 303)
  }

  function render(context: RequestContext, name: RepairName, shown: object): Response {
    const { user } = onlookerOf(context)
    const { title } = REPAIRS[name]
    const page = { path: `/health/${name}`, heading: title, words: REPAIRS[name], token: user?.formToken ?? '' }
    return context.html(o.views.render('repairs', { ...page, notices: noticesOf(o.config), ...shown })) as Response
  }
}

const ORDERS: Readonly<Record<string, { readonly isAll: boolean; readonly isDropped: boolean }>> = {
  replay: { isAll: false, isDropped: false },
  drop: { isAll: false, isDropped: true },
  'replay-all': { isAll: true, isDropped: false },
  'drop-all': { isAll: true, isDropped: true },
}

/** Operators only: nobody else learns that there is such a list. */
function listOf(context: RequestContext, name: RepairName): RepairList {
  const { health } = onlookerOf(context)
  if (health === null) throw noSuchPage()
  return health.repairs[name]
}

async function namedIds(context: RequestContext): Promise<readonly number[]> {
  const { id = [] } = await context.req.parseBody({ all: true })
  return [id].flat().map((text) => parseId(String(text), 'What is chosen is named by its id.'))
}

/** What a form has just done: numbers that its answer leads to. */
function parseDone(name: RepairName, query: URLSearchParams): string | null {
  if (!query.has('acted')) return null
  const count = (key: string) => Number(/^\d{1,6}$/.exec(query.get(key) ?? '')?.[0] ?? 0)
  return describeRepaired(name, { acted: count('acted'), chosen: count('chosen'), isDropped: query.has('dropped') })
}
