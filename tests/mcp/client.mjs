// A client of MCP made with the official SDK: begins a run of a workflow, answers whatever it asks, and prints
// what it was told as one line of JSON. Its one argument says as JSON where the server is (`command` or `url`),
// which `tool` to call with which `arguments`, and the `answer` to every question.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const plan = JSON.parse(process.argv[2]);

function transport() {
  if (plan.url) return new StreamableHTTPClientTransport(new URL(plan.url));
  const [command, ...args] = plan.command;
  return new StdioClientTransport({ command, args, cwd: plan.cwd, env: plan.env, stderr: "inherit" });
}

const client = new Client({ name: "node-agent", version: "1.0.0" });
await client.connect(transport());

const progress = [];
async function call(name, args) {
  const onprogress = ({ message }) => progress.push(message);
  const result = await client.callTool({ name, arguments: args }, undefined, { onprogress });
  return { isError: result.isError ?? false, told: result.structuredContent ?? result.content[0].text };
}

const { tools } = await client.listTools();
const told = [await call(plan.tool, plan.arguments)];
for (let last = told[0].told; last.questions?.length; last = told.at(-1).told) {
  told.push(await call("lockstep_answer", { question: last.questions[0].question, answer: plan.answer }));
}
const server = client.getServerVersion().name;
await client.close();
console.log(JSON.stringify({ server, tools: tools.map((tool) => tool.name), told, progress }));
