/**
 * Follows a link to an entity in a browser, and runs what the page has ready for it.
 *
 *   node entity.mjs ORIGIN TOKEN PATH SCREENSHOT_PATH [--dark]
 *
 * Prints one JSON object: address (where the link led, without what is secret), query, variables and response (what the editors
 * hold), problems (what is shown under the response: each one's text, and where it says since when, the instant, its title, and
 * what the keyboard is shown beside it), consoleErrors. Exits 0, or 1 where the page doesn't come up, or 2 on wrong use.
 */
import { parseArgs } from 'node:util'
import { launch, watch } from './browser.mjs'

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { dark: { type: 'boolean' } } })
if (positionals.length !== 4) {
  console.error('Use: node entity.mjs ORIGIN TOKEN PATH SCREENSHOT_PATH [--dark]')
  process.exit(2)
}
const [origin, token, path, screenshot] = positionals

const browser = await launch()
try {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
  })
  page.setDefaultTimeout(30_000)
  const { consoleErrors } = watch(page)
  await page.goto(`${origin}${path}#token=${encodeURIComponent(token)}`)
  const editor = page.locator('.graphiql-query-editor .view-lines')
  await editor.getByText('entity').first().waitFor()
  const answered = page.waitForResponse(
    (one) => one.request().method() === 'POST' && /query Entity/.test(one.request().postData() ?? ''),
  )
  await page.getByRole('button', { name: 'Execute query' }).click()
  const response = await answered
  const asked = response.request().postDataJSON()
  const answer = await response.json()
  const problems = answer.data?.entity?.problems?.length ? await shown(page) : []
  await page.waitForTimeout(500) // the editor colours what it shows a moment later: for the picture alone
  await page.screenshot({ path: screenshot })
  const report = {
    address: page.url(),
    query: asked.query,
    variables: asked.variables,
    response: answer,
    problems,
    consoleErrors,
  }
  console.log(JSON.stringify(report, null, 2))
} finally {
  await browser.close()
}

/** The problems as a reader is shown them, who finds the region by its name and goes from one instant to the next by the keyboard. */
async function shown(page) {
  const region = page.getByRole('region', { name: 'Problems of this entity' })
  await region.waitFor()
  const told = []
  for (const item of await region.getByRole('listitem').all()) {
    const since = item.getByRole('time')
    if (told.length === 0) await since.focus()
    await page.keyboard.press(told.length === 0 ? 'ArrowRight' : 'Tab') // from a key on, what has the focus shows it
    told.push({
      text: await item.innerText(),
      instant: await since.getAttribute('datetime'),
      title: await since.getAttribute('title'),
      beside: await since.evaluate((one) => getComputedStyle(one, '::after').content),
    })
  }
  return told
}
