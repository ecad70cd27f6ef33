#!/bin/bash
set -euo pipefail

mkdir --parents /etc/ecs
cat > /etc/ecs/ecs.config << 'END'
ECS_CLUSTER=shop-prod
ECS_RESERVED_MEMORY=512
ECS_ENABLE_TASK_IAM_ROLE=true
ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true
ECS_SELINUX_CAPABLE=true
ECS_INSTANCE_ATTRIBUTES={"sized-stack.role":"app"}
END

cat > /etc/sized-stack-metrics.json << 'END'
{
  "agent": {
    "metrics_collection_interval": 60
  },
  "metrics": {
    "namespace": "sized-stack",
    "append_dimensions": {
      "InstanceId": "${aws:InstanceId}"
    },
    "aggregation_dimensions": [
      [
        "Cluster",
        "Role"
      ],
      [
        "Cluster",
        "Role",
        "path"
      ]
    ],
    "metrics_collected": {
      "disk": {
        "measurement": [
          "used_percent"
        ],
        "resources": [
          "/"
        ],
        "drop_device": true,
        "append_dimensions": {
          "Cluster": "shop-prod",
          "Role": "app"
        }
      },
      "mem": {
        "measurement": [
          "used_percent"
        ],
        "append_dimensions": {
          "Cluster": "shop-prod",
          "Role": "app"
        }
      }
    }
  }
}
END
ctl=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
if ! { timeout 180 dnf --assumeyes --quiet install amazon-cloudwatch-agent &&
  timeout 60 "$ctl" -a fetch-config -m ec2 -c file:/etc/sized-stack-metrics.json -s; }; then
  echo "The CloudWatch agent could not be set up: this host does not report its disk and memory." >&2
fi
