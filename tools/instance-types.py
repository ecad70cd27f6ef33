"""Prints components/platform/ec2/instance-types.json from a wheel of moto: CONTRIBUTING.md says how to renew it."""
import gzip, json, re, sys, zipfile

WHEEL = sys.argv[1]
DATA = "moto/ec2/resources/instance_types.json.gz"
# General, compute and memory families on Nitro (volumes are NVMe there); no local disks, no extra network, no metal.
FAMILY = re.compile(r"(t[3-9][aig]?|[cmr][5-9][aig]?(-flex)?)$")

with zipfile.ZipFile(WHEEL) as wheel:
    types = json.loads(gzip.decompress(wheel.read(DATA)))
    as_of = "%04d-%02d-%02d" % wheel.getinfo(DATA).date_time[:3]
version = re.search(r"moto-([\d.]+)-", WHEEL).group(1)
table = {"source": f"moto {version}, {DATA}", "asOf": as_of, "x86_64": {}, "arm64": {}}


def order(name):
    family, size = name.split(".")
    return [part.zfill(3) for part in re.findall(r"\d+|\D+", family)], *facts(name), size


def facts(name):
    return types[name]["MemoryInfo"]["SizeInMiB"], types[name]["VCpuInfo"]["DefaultVCpus"]


for name in sorted((name for name in types if FAMILY.match(name.split(".")[0]) and "metal" not in name), key=order):
    memory, cpus = facts(name)
    architecture = "arm64" if "arm64" in types[name]["ProcessorInfo"]["SupportedArchitectures"] else "x86_64"
    table[architecture][name] = {"vCpus": cpus, "memoryMiB": memory}
print(re.sub(r'\{\s+("vCpus.*?)\s+("memory.*?)\s+\}', r"{ \1 \2 }", json.dumps(table, indent=2)))
