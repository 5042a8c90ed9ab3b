"""Readers of volumes that lie on partitions: LVM, Linux RAID, shadow copies."""
