"""What a task costs of CPU, and whose it is."""


def spent(process):
    """Seconds until now, by the names of the figures that are made of them."""
    children = process.children_seconds()  # first: it waits for the last of them, which the runner then buries
    seconds = {"cpu_ms_per_task": process.cpu_seconds(), "children_ms_per_task": children}
    if process.runner:
        seconds["agent_cpu_ms_per_task"] = process.itself.cpu_seconds()
    return seconds


def with_supervisors(command, figures):
    """The reference's children are the commands alone, the agent's are supervisors too: what these cost more is its
    own. Without a shell the commands differ, so that it cannot be told; then own CPU is not a figure."""
    agent, reference = figures["agent"], figures["reference"]
    if command == "shell":
        agent["cpu_ms_per_task"] += agent["children_ms_per_task"] - reference["children_ms_per_task"]
    else:
        del agent["cpu_ms_per_task"]
