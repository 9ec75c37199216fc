// The worker of camunda-external-task-client-js: does with each task what its variable `wanted` says.
import { BasicAuthInterceptor, Client, Variables, logger } from "camunda-external-task-client-js";

const [baseUrl, username, password, topic, count] = process.argv.slice(2);
const client = new Client({
  baseUrl,
  workerId: "js",
  maxTasks: 1,
  interval: 20,
  asyncResponseTimeout: 10000,
  lockDuration: 60000,
  interceptors: new BasicAuthInterceptor({ username, password }),
});
const seen = [];
const trouble = [];
client.on("poll:error", (error) => trouble.push(String(error)));
for (const what of ["complete", "handleFailure", "handleBpmnError", "extendLock"])
  client.on(`${what}:error`, (task, error) => trouble.push(`${what} ${error}`));

client.subscribe(topic, async ({ task, taskService }) => {
  const wanted = task.variables.get("wanted");
  seen.push({ wanted, businessKey: task.businessKey, retries: task.retries, all: task.variables.getAll() });
  if (wanted === "fail") {
    const retries = task.retries === null || task.retries === undefined ? 1 : task.retries - 1;
    await taskService.handleFailure(task, { errorMessage: "no line", errorDetails: "at js", retries, retryTimeout: 50 });
  } else if (wanted === "error") {
    await taskService.handleBpmnError(task, "declined", "card declined", new Variables().set("why", 7));
  } else {
    if (wanted === "extend") await taskService.extendLock(task, 120000);
    const result = new Variables()
      .setAll({ text: "收据", whole: 5, truth: true, nothing: null, object: { a: [1, 2] } })
      .setTyped("double", { type: "Double", value: 2.5, valueInfo: {} })
      .setTyped("instant", { type: "Date", value: new Date("2026-10-01T14:40:00.000Z"), valueInfo: {} });
    await taskService.complete(task, result, new Variables().set("inside", 1));
  }
  if (seen.length === Number(count)) {
    client.stop();
    console.log(JSON.stringify({ seen, trouble }));
    process.exit(0);
  }
});
