package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

// A pod's own figures carry a container's name; those without one are sums over its containers.
const container = `{container!="", container!="POD"}`

func infrastructure() board {
	return board{
		name: "infrastructure", title: "Infrastructure",
		about: "CPU, memory, network and disks of the pods, and what Kubernetes and Knative think of them.",
		rows: []row{
			{"Health", healthPanels()},
			{"CPU and memory", computePanels()},
			{"Network and disks", diskPanels()},
		},
	}
}

func healthPanels() []panel {
	return []panel{
		tell("Functions, as Knative sees them", units.NoUnit,
			"Normal is ready, asleep or not; one that is not says why in kubectl describe ksvc, and its last good revision goes on serving.",
			series{"min by (name) (kube_customresource_knative_service_ready)", "{{name}}"}).
			meaning(map[string]state{"0": {"not ready", bad}, "1": {"ready", good}}).sized(12, 6),
		draw("Pods by phase", units.Short,
			"Normal is Running, and Succeeded for jobs; Pending for minutes is a node without room, Failed is in kubectl describe pod.",
			series{"sum by (phase) (kube_pod_status_phase) > 0", "{{phase}}"}).sized(12, 6),
		draw("Starts anew within an hour", units.Short,
			"Normal is none; more than three in an hour are an alert: kubectl logs --previous says what the container died of.",
			series{workload("sum", "increase(kube_pod_container_status_restarts_total[1h])"), "{{workload}}"}).above(1, restartsWarn).sized(12, 7),
		draw("Replicas that are available", units.Short,
			"Normal is at least one for each Deployment that does not sleep; old revisions go to nothing and leave.",
			series{"sum by (deployment) (kube_deployment_status_replicas_available) > 0", "{{deployment}}"}).sized(12, 7),
	}
}

func computePanels() []panel {
	return []panel{
		draw("CPU", units.Short,
			"Normal follows the requests, in cores; login at the limit of its pods means that passwords wait in line.",
			series{workload("sum", "rate(container_cpu_usage_seconds_total"+container+window+")"), "{{workload}}"}).stacked().sized(12, 8),
		draw("Memory", units.BytesIEC,
			"Normal is level; what grows from day to day is a leak, and the share of the limit beside says how long it has.",
			series{workload("sum", "container_memory_working_set_bytes"+container), "{{workload}}"}).stacked().sized(12, 8),
		draw("Memory, as a share of its limit", units.PercentUnit,
			"Normal is below two thirds; from 80 % on it is an alert, and at 100 % the kernel ends the container: raise the limit or find the leak.",
			series{workload("max", "container_memory_working_set_bytes"+container+" / (container_spec_memory_limit_bytes"+container+" > 0)"), "{{workload}}"}).
			warning(memoryWarn).sized(24, 8),
	}
}

func diskPanels() []panel {
	const wire = `{interface!="lo"}`
	return []panel{
		draw("Received", units.BytesPerSecondIEC,
			"Normal follows the requests; much more is a flood, or a backup that is restored.",
			series{workload("sum", "rate(container_network_receive_bytes_total"+wire+window+")"), "{{workload}}"}).sized(12, 8),
		draw("Sent", units.BytesPerSecondIEC,
			"Normal follows the requests, with peaks of maintenance when backups leave; anything else that sends much wants an explanation.",
			series{workload("sum", "rate(container_network_transmit_bytes_total"+wire+window+")"), "{{workload}}"}).sized(12, 8),
		draw("Volumes, as a share of their size", units.PercentUnit,
			"Normal is below 70 %; from 85 % on it is an alert, and a full volume stops the server on it: enlarge the claim.",
			series{"max by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes / (kubelet_volume_stats_capacity_bytes > 0))", "{{persistentvolumeclaim}}"}).
			warning(volumeWarn).sized(12, 8),
		draw("Written inside of containers", units.BytesIEC,
			"Normal is next to nothing: functions write no files; the drill's pod is the exception, on Sundays.",
			series{workload("sum", "container_fs_usage_bytes"+container), "{{workload}}"}).sized(12, 8),
	}
}
